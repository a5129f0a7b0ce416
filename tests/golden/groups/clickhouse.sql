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
    CAST("t"."id", 'Nullable(String)') AS "id",
    CAST("t"."plan", 'Nullable(String)') AS "plan"
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
  (
    (
      "u"."id" IN (
        SELECT
          "e"."id"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."_stored_time" >= toDateTime64('2026-04-30 15:00:00.000000', 6, 'UTC')
          AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
          AND CAST("e"."id" AS Nullable(String)) <> ''
      )
      AND NOT (
        "u"."id" IN (
          SELECT
            "e"."id"
          FROM "event_rows" AS "e"
          WHERE
            "e"."event" = 'Purchase'
            AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
            AND CAST("e"."id" AS Nullable(String)) <> ''
        )
      )
    )
    OR NOT (
      "u"."id" IN (
        SELECT
          "e"."id"
        FROM "event_rows" AS "e"
        WHERE
          "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
          AND CAST("e"."id" AS Nullable(String)) <> ''
      )
      OR COALESCE(
        "u"."id" IN (
          SELECT
            "p"."id"
          FROM "user_rows" AS "p"
          WHERE
            "p"."plan" = 'pro' AND CAST("p"."id" AS Nullable(String)) <> ''
        ),
        FALSE
      )
    )
  )
ORDER BY
  "u"."id"
