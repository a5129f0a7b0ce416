SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  (
    "u"."listed" OR "u"."first_event_at" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
  AND "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    WHERE
      "e"."event" = 'Purchase'
      AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    GROUP BY
      "e"."uid"
    HAVING
      COALESCE(
        CASE
          WHEN SUM(ABS("e"."amount")) BETWEEN 1e-200 AND 900000000000000
          THEN ROUND(FSUM("e"."amount"), 14 - CAST(FLOOR(LOG10(SUM(ABS("e"."amount")))) AS INT))
          ELSE SUM("e"."amount")
        END,
        0
      ) = 100
  )
ORDER BY
  "u"."id"
