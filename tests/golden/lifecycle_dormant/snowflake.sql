WITH "event_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."TIME" AS TIMESTAMPNTZ) AS "time",
    "t"."TIME" AS "_stored_time"
  FROM "EVENTS" AS "t"
  WHERE
    "t"."TIME" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id"
  FROM "USERS" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
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
      "e"."_stored_time" >= TO_TIMESTAMP_NTZ('2026-03-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
      AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
      AND CAST("e"."id" AS VARCHAR) <> ''
    GROUP BY
      "e"."id"
    HAVING
      MAX("e"."time") < TO_TIMESTAMP_NTZ('2026-04-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
  )
ORDER BY
  "u"."id"
