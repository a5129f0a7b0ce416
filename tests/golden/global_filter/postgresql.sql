WITH "event_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."event" AS "event",
    "t"."country" AS "country",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" BETWEEN CAST('0001-01-01 00:00:00' AS TIMESTAMP) AND CAST('9999-12-31 23:59:59' AS TIMESTAMP)
), "user_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."plan" AS "plan"
  FROM "users" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    AND CAST("e"."id" AS TEXT) <> ''
  UNION
  SELECT
    "p"."id" AS "id"
  FROM "user_rows" AS "p"
  WHERE
    CAST("p"."id" AS TEXT) <> ''
) AS "u"
WHERE
  "u"."id" IN (
    SELECT
      "p"."id"
    FROM "user_rows" AS "p"
    WHERE
      "p"."plan" IS NOT NULL AND CAST("p"."id" AS TEXT) <> ''
  )
  AND NOT (
    "u"."id" IN (
      SELECT
        "e"."id"
      FROM "event_rows" AS "e"
      WHERE
        "e"."event" = 'Purchase'
        AND "e"."country" = 'US'
        AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        AND CAST("e"."id" AS TEXT) <> ''
      GROUP BY
        "e"."id"
      HAVING
        NOT (
          COUNT(*) < 2
        )
    )
  )
ORDER BY
  "u"."id" COLLATE "C"
