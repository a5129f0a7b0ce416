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
      "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
      AND CAST("e"."id" AS VARCHAR) <> ''
    GROUP BY
      "e"."id"
    HAVING
      COUNT(
        DISTINCT (
          DATE_DIFF(
            'day',
            CAST('1970-01-01' AS DATE),
            CAST(DATE_ADD('second', 32400, "e"."time") AS DATE)
          ) + 719162
        )
      ) BETWEEN 3 AND 4
  )
ORDER BY
  "u"."id"
