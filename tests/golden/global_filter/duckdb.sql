SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  (
    "u"."listed" OR "u"."first_event_at" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
  AND "u"."plan" IS NOT NULL
  AND NOT (
    "u"."uid" IN (
      SELECT
        "e"."uid"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Purchase'
        AND "e"."country" = 'US'
        AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      GROUP BY
        "e"."uid"
      HAVING
        NOT (
          COUNT(*) < 2
        )
    )
  )
ORDER BY
  "u"."id"
