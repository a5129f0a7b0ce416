WITH "event_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    CAST("t"."event" AS VARCHAR) AS "event",
    CAST("t"."time" AS TIMESTAMP(6)) AS "time",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id"
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
    INNER JOIN (
      SELECT
        "e"."id" AS "id",
        MIN("e"."time") AS "t0"
      FROM "event_rows" AS "e"
      WHERE
        "e"."event" = 'Sign Up'
        AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
        AND CAST("e"."id" AS VARCHAR) <> ''
      GROUP BY
        "e"."id"
    ) AS "a"
      ON "e"."id" = "a"."id"
      AND "e"."time" >= "a"."t0"
      AND "e"."time" < DATE_ADD('second', 604800, "a"."t0")
    WHERE
      "e"."event" = 'Purchase'
      AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
      AND CAST("e"."id" AS VARCHAR) <> ''
  )
ORDER BY
  "u"."id"
