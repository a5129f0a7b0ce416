SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    WHERE
      (
        "e"."event" = 'Purchase'
        AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      )
      AND "e"."amount" IS NOT NULL
    GROUP BY
      "e"."uid"
    HAVING
      MEDIAN("e"."amount") <= 0.2e0
  )
ORDER BY
  "u"."id"
