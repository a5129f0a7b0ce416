WITH "event_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id",
    CAST("t"."event", 'Nullable(String)') AS "event",
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
      "q"."id"
    FROM (
      SELECT
        "d"."id" AS "id",
        CAST(COALESCE("n"."value", 0) AS Nullable(Float64)) / nullIf(CAST("d"."value" AS Nullable(Float64)), 0) AS "value"
      FROM (
        SELECT
          "e"."id" AS "id",
          toNullable(COUNT(*)) AS "value"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
          AND CAST("e"."id" AS Nullable(String)) <> ''
        GROUP BY
          "e"."id"
      ) AS "d"
      LEFT JOIN (
        SELECT
          "e"."id" AS "id",
          toNullable(COUNT(*)) AS "value"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Purchase'
          AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
          AND CAST("e"."id" AS Nullable(String)) <> ''
        GROUP BY
          "e"."id"
      ) AS "n"
        ON "d"."id" = "n"."id"
      WHERE
        "d"."value" <> 0
    ) AS "q"
    WHERE
      "q"."value" < 1.5e0
  )
ORDER BY
  "u"."id"
