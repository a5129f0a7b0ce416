WITH "event_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."event" AS "event",
    "t"."amount" AS "amount",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" BETWEEN CAST('0001-01-01 00:00:00' AS TIMESTAMP) AND CAST('9999-12-31 23:59:59' AS TIMESTAMP)
), "user_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id"
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
      "e"."id"
    FROM "event_rows" AS "e"
    WHERE
      (
        "e"."event" = 'Purchase'
        AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        AND CAST("e"."id" AS TEXT) <> ''
      )
      AND "e"."amount" IS NOT NULL
    GROUP BY
      "e"."id"
    HAVING
      PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
        CAST("e"."amount" AS DOUBLE PRECISION)) <= 0.2e0
  )
ORDER BY
  "u"."id" COLLATE "C"
