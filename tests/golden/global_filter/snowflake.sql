WITH "event_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."EVENT" AS VARCHAR) AS "event",
    CAST("t"."COUNTRY" AS VARCHAR) AS "country",
    "t"."TIME" AS "_stored_time"
  FROM "EVENTS" AS "t"
  WHERE
    "t"."TIME" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."PLAN" AS VARCHAR) AS "plan"
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
      "p"."id"
    FROM "user_rows" AS "p"
    WHERE
      "p"."plan" IS NOT NULL AND CAST("p"."id" AS VARCHAR) <> ''
  )
  AND NOT (
    "u"."id" IN (
      SELECT
        "e"."id"
      FROM "event_rows" AS "e"
      WHERE
        "e"."event" = 'Purchase'
        AND "e"."country" = 'US'
        AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
        AND CAST("e"."id" AS VARCHAR) <> ''
      GROUP BY
        "e"."id"
      HAVING
        NOT (
          COUNT(*) < 2
        )
    )
  )
ORDER BY
  "u"."id"
