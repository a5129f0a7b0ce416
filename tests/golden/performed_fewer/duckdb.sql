SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  (
    "u"."listed" OR "u"."first_event_at" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
  AND NOT (
    "u"."uid" IN (
      SELECT
        "e"."uid"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Song'
        AND "e"."time" >= CAST('2026-05-07 09:30:00' AS TIMESTAMP)
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
