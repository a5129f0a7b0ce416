WITH "event_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    CAST("t"."event" AS VARCHAR) AS "event",
    CAST("t"."country" AS VARCHAR) AS "country",
    "t"."amount" AS "amount",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    CAST("t"."plan" AS VARCHAR) AS "plan"
  FROM "users" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
    AND CAST("e"."id" AS VARCHAR) <> ''
  UNION
  SELECT
    "p"."id" AS "id"
  FROM "user_rows" AS "p"
  WHERE
    CAST("p"."id" AS VARCHAR) <> ''
) AS "u"
WHERE
  "u"."id" IN (
    SELECT
      "e"."id"
    FROM "event_rows" AS "e"
    WHERE
      "e"."event" = 'Purchase'
      AND NOT (
        COALESCE("e"."country" = 'US', FALSE)
      )
      AND (
        "e"."amount" > 33.3e0
        OR "e"."id" IN (
          SELECT
            "p"."id"
          FROM "user_rows" AS "p"
          WHERE
            "p"."plan" = 'free' AND CAST("p"."id" AS VARCHAR) <> ''
        )
      )
      AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
      AND CAST("e"."id" AS VARCHAR) <> ''
  )
ORDER BY
  "u"."id"
