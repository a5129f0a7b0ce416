SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  (
    "u"."listed" OR "u"."first_event_at" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
  AND (
    (
      "u"."uid" IN (
        SELECT
          "e"."uid"
        FROM "events" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."time" >= CAST('2026-04-30 15:00:00' AS TIMESTAMP)
          AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      )
      AND NOT (
        "u"."uid" IN (
          SELECT
            "e"."uid"
          FROM "events" AS "e"
          WHERE
            "e"."event" = 'Purchase'
            AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        )
      )
    )
    OR NOT (
      "u"."uid" IN (
        SELECT
          "e"."uid"
        FROM "events" AS "e"
        WHERE
          "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      )
      OR COALESCE("u"."plan" = 'pro', FALSE)
    )
  )
ORDER BY
  "u"."id"
