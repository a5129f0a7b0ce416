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
      "s"."id"
    FROM (
      SELECT
        "s"."id" AS "id",
        "s"."t0" AS "t0",
        toYear(
          CAST(
            toTimeZone(addSeconds(CAST("s"."t0", 'Nullable(DateTime64(6, ''UTC''))'), 32400), 'UTC'),
            'Nullable(Date32)'
          )
        ) * 12 + toMonth(
          CAST(
            toTimeZone(addSeconds(CAST("s"."t0", 'Nullable(DateTime64(6, ''UTC''))'), 32400), 'UTC'),
            'Nullable(Date32)'
          )
        ) AS "u0"
      FROM (
        SELECT
          "e"."id" AS "id",
          MIN("e"."time") AS "t0"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
          AND CAST("e"."id" AS Nullable(String)) <> ''
        GROUP BY
          "e"."id"
      ) AS "s"
    ) AS "s"
    WHERE
      24317 > "s"."u0" + 1
  )
  AND NOT (
    "u"."id" IN (
      SELECT
        "e"."id"
      FROM "event_rows" AS "e"
      INNER JOIN (
        SELECT
          "s"."id" AS "id",
          "s"."t0" AS "t0",
          toYear(
            CAST(
              toTimeZone(addSeconds(CAST("s"."t0", 'Nullable(DateTime64(6, ''UTC''))'), 32400), 'UTC'),
              'Nullable(Date32)'
            )
          ) * 12 + toMonth(
            CAST(
              toTimeZone(addSeconds(CAST("s"."t0", 'Nullable(DateTime64(6, ''UTC''))'), 32400), 'UTC'),
              'Nullable(Date32)'
            )
          ) AS "u0"
        FROM (
          SELECT
            "e"."id" AS "id",
            MIN("e"."time") AS "t0"
          FROM "event_rows" AS "e"
          WHERE
            "e"."event" = 'Song'
            AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
            AND CAST("e"."id" AS Nullable(String)) <> ''
          GROUP BY
            "e"."id"
        ) AS "s"
      ) AS "s"
        ON "e"."id" = "s"."id" AND "e"."time" > "s"."t0"
      WHERE
        (
          "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
          AND CAST("e"."id" AS Nullable(String)) <> ''
        )
        AND toYear(
          CAST(
            toTimeZone(addSeconds(CAST("e"."time", 'Nullable(DateTime64(6, ''UTC''))'), 32400), 'UTC'),
            'Nullable(Date32)'
          )
        ) * 12 + toMonth(
          CAST(
            toTimeZone(addSeconds(CAST("e"."time", 'Nullable(DateTime64(6, ''UTC''))'), 32400), 'UTC'),
            'Nullable(Date32)'
          )
        ) = "s"."u0" + 1
    )
  )
ORDER BY
  "u"."id"
