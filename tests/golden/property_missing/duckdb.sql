SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  (
    "u"."listed" OR "u"."first_event_at" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
  AND COALESCE(NOT (
    COALESCE("u"."plan" IN ('pro'), FALSE)
  ), FALSE)
ORDER BY
  "u"."id"
