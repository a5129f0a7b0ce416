WITH "event_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."event" AS "event",
    "t"."time" AS "time",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" BETWEEN CAST('0001-01-01 00:00:00' AS TIMESTAMP) AND CAST('9999-12-31 23:59:59' AS TIMESTAMP)
), "user_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id"
  FROM "users" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    AND CAST("e"."id" AS TEXT) <> ''
  UNION
  SELECT
    "p"."id" AS "id"
  FROM "user_rows" AS "p"
  WHERE
    CAST("p"."id" AS TEXT) <> ''
) AS "u"
WHERE
  "u"."id" IN (
    SELECT
      "s"."id"
    FROM (
      SELECT
        "s"."id" AS "id",
        "s"."t0" AS "t0",
        CAST(DATE_PART('year', CAST("s"."t0" + MAKE_INTERVAL(0, 0, 0, 0, 0, 0, 32400) AS DATE)) AS INT) * 12 + CAST(DATE_PART('month', CAST("s"."t0" + MAKE_INTERVAL(0, 0, 0, 0, 0, 0, 32400) AS DATE)) AS INT) AS "u0"
      FROM (
        SELECT
          "e"."id" AS "id",
          MIN("e"."time") AS "t0"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
          AND CAST("e"."id" AS TEXT) <> ''
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
          CAST(DATE_PART('year', CAST("s"."t0" + MAKE_INTERVAL(0, 0, 0, 0, 0, 0, 32400) AS DATE)) AS INT) * 12 + CAST(DATE_PART('month', CAST("s"."t0" + MAKE_INTERVAL(0, 0, 0, 0, 0, 0, 32400) AS DATE)) AS INT) AS "u0"
        FROM (
          SELECT
            "e"."id" AS "id",
            MIN("e"."time") AS "t0"
          FROM "event_rows" AS "e"
          WHERE
            "e"."event" = 'Song'
            AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
            AND CAST("e"."id" AS TEXT) <> ''
          GROUP BY
            "e"."id"
        ) AS "s"
      ) AS "s"
        ON "e"."id" = "s"."id" AND "e"."time" > "s"."t0"
      WHERE
        (
          "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
          AND CAST("e"."id" AS TEXT) <> ''
        )
        AND CAST(DATE_PART('year', CAST("e"."time" + MAKE_INTERVAL(0, 0, 0, 0, 0, 0, 32400) AS DATE)) AS INT) * 12 + CAST(DATE_PART('month', CAST("e"."time" + MAKE_INTERVAL(0, 0, 0, 0, 0, 0, 32400) AS DATE)) AS INT) = "s"."u0" + 1
    )
  )
ORDER BY
  "u"."id" COLLATE "C"
