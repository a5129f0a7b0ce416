WITH "event_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
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
    WHERE
      "e"."_stored_time" >= CAST('2026-03-14 09:30:00.000000' AS TIMESTAMP(6))
      AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
      AND CAST("e"."id" AS VARCHAR) <> ''
    GROUP BY
      "e"."id"
    HAVING
      MAX("e"."time") < CAST('2026-04-14 09:30:00.000000' AS TIMESTAMP(6))
  )
ORDER BY
  "u"."id"
