WITH "cohort_1" AS (
  SELECT
    "u"."uid" AS "uid"
  FROM "users" AS "u"
  WHERE
    "u"."uid" IN (
      SELECT
        "e"."uid"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Purchase'
        AND "e"."time" >= CAST('2026-04-14 09:30:00' AS TIMESTAMP)
        AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      GROUP BY
        "e"."uid"
      HAVING
        COUNT(*) >= 3
    )
)
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
        "c"."uid"
      FROM "cohort_1" AS "c"
    )
  )
  AND "u"."id" IN ('ada', 'cleo', 'it''s nobody', 'dan', 'eve')
ORDER BY
  "u"."id"
