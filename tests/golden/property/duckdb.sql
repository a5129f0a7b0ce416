SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  (
    "u"."listed" OR "u"."first_event_at" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
  AND COALESCE(LOWER("u"."plan") IN (LOWER('pro'), LOWER('team')), FALSE)
  AND COALESCE(
    CONTAINS("u"."nickname", '_99%')
    OR (
      "u"."joined" >= CAST('2026-05-07 09:30:00' AS TIMESTAMP)
      AND "u"."joined" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    ),
    FALSE
  )
ORDER BY
  "u"."id"
