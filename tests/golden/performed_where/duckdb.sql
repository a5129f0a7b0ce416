SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    WHERE
      "e"."event" = 'Purchase'
      AND NOT (
        COALESCE("e"."country" = 'US', FALSE)
      )
      AND (
        "e"."amount" > 33.3e0
        OR "e"."uid" IN (
          SELECT
            "p"."uid"
          FROM "users" AS "p"
          WHERE
            "p"."plan" = 'free'
        )
      )
      AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
ORDER BY
  "u"."id"
