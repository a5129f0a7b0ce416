WITH "event_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    CAST("t"."plan" AS VARCHAR) AS "plan",
    CAST("t"."joined" AS TIMESTAMP(6)) AS "joined",
    CAST("t"."nickname" AS VARCHAR) AS "nickname"
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
  COALESCE(
    "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        LOWER("p"."plan") IN (LOWER('pro'), LOWER('team'))
        AND CAST("p"."id" AS VARCHAR) <> ''
    ),
    FALSE
  )
  AND COALESCE(
    "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        STRPOS("p"."nickname", '_99%') > 0 AND CAST("p"."id" AS VARCHAR) <> ''
    )
    OR "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        "p"."joined" >= CAST('2026-05-07 09:30:00.000000' AS TIMESTAMP(6))
        AND "p"."joined" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
        AND CAST("p"."id" AS VARCHAR) <> ''
    ),
    FALSE
  )
ORDER BY
  "u"."id"
