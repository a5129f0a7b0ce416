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
        "e"."event" IN ('Song', 'Purchase')
        AND "e"."time" >= CAST('2026-05-07 09:30:00' AS TIMESTAMP)
        AND "e"."time" < CAST('2026-05-13 09:30:00' AS TIMESTAMP)
      )
      AND NOT (
        "e"."uid" IN (
          SELECT
            "e"."uid"
          FROM "events" AS "e"
          WHERE
            "e"."event" IN ('Song', 'Purchase')
            AND "e"."time" >= CAST('2026-05-13 09:30:00' AS TIMESTAMP)
            AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        )
      )
  )
ORDER BY
  "u"."id"
