WITH "event_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id",
    CAST("t"."plan", 'Nullable(String)') AS "plan",
    CAST("t"."joined", 'Nullable(DateTime64(6, ''UTC''))') AS "joined",
    CAST("t"."nickname", 'Nullable(String)') AS "nickname"
  FROM "users" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
    AND CAST("e"."id" AS Nullable(String)) <> ''
  UNION DISTINCT
  SELECT
    "p"."id" AS "id"
  FROM "user_rows" AS "p"
  WHERE
    CAST("p"."id" AS Nullable(String)) <> ''
) AS "u"
WHERE
  COALESCE(
    "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        lowerUTF8("p"."plan") IN (lowerUTF8('pro'), lowerUTF8('team'))
        AND CAST("p"."id" AS Nullable(String)) <> ''
    ),
    FALSE
  )
  AND COALESCE(
    "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        position("p"."nickname", '_99%') > 0 AND CAST("p"."id" AS Nullable(String)) <> ''
    )
    OR "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        "p"."joined" >= toDateTime64('2026-05-07 09:30:00.000000', 6, 'UTC')
        AND "p"."joined" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
        AND CAST("p"."id" AS Nullable(String)) <> ''
    ),
    FALSE
  )
ORDER BY
  "u"."id"
