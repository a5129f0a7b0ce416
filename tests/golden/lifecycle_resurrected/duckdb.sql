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
      "e"."event" = 'Song' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    GROUP BY
      "e"."uid"
    HAVING
      MAX("e"."time") >= CAST('2026-04-14 09:30:00' AS TIMESTAMP)
      AND MIN("e"."time") < CAST('2026-04-14 09:30:00' AS TIMESTAMP)
      AND SUM(
        CASE
          WHEN "e"."time" < CAST('2026-04-14 09:30:00' AS TIMESTAMP)
          AND "e"."time" >= CAST('2026-03-15 09:30:00' AS TIMESTAMP)
          THEN 1
          ELSE 0
        END
      ) = 0
  )
ORDER BY
  "u"."id"
