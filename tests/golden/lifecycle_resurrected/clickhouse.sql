WITH "event_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id",
    CAST("t"."event", 'Nullable(String)') AS "event",
    CAST("t"."time", 'Nullable(DateTime64(6, ''UTC''))') AS "time",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id"
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
  "u"."id" IN (
    SELECT
      "e"."id"
    FROM "event_rows" AS "e"
    WHERE
      "e"."event" = 'Song'
      AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
      AND CAST("e"."id" AS Nullable(String)) <> ''
    GROUP BY
      "e"."id"
    HAVING
      MAX("e"."time") >= toDateTime64('2026-04-14 09:30:00.000000', 6, 'UTC')
      AND MIN("e"."time") < toDateTime64('2026-04-14 09:30:00.000000', 6, 'UTC')
      AND SUM(
        CASE
          WHEN "e"."time" < toDateTime64('2026-04-14 09:30:00.000000', 6, 'UTC')
          AND "e"."time" >= toDateTime64('2026-03-15 09:30:00.000000', 6, 'UTC')
          THEN 1
          ELSE 0
        END
      ) = 0
  )
ORDER BY
  "u"."id"
