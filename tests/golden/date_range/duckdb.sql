SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    WHERE
      "e"."event" = 'Song'
      AND "e"."time" >= CAST('2026-04-30 15:00:00' AS TIMESTAMP)
      AND "e"."time" < CAST('2026-05-12 15:00:00' AS TIMESTAMP)
  )
  AND NOT (
    "u"."uid" IN (
      SELECT
        "e"."uid"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Song'
        AND "e"."time" >= CAST('2026-03-31 15:00:00' AS TIMESTAMP)
        AND "e"."time" < CAST('2026-04-30 15:00:00' AS TIMESTAMP)
    )
  )
ORDER BY
  "u"."id"
