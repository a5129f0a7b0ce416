WITH "event_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    CAST("t"."event" AS VARCHAR) AS "event",
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
      "s"."id"
    FROM (
      SELECT
        "s"."id" AS "id",
        "s"."t0" AS "t0",
        YEAR(CAST(DATE_ADD('second', 32400, "s"."t0") AS DATE)) * 12 + MONTH(CAST(DATE_ADD('second', 32400, "s"."t0") AS DATE)) AS "u0"
      FROM (
        SELECT
          "e"."id" AS "id",
          MIN("e"."time") AS "t0"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
          AND CAST("e"."id" AS VARCHAR) <> ''
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
          YEAR(CAST(DATE_ADD('second', 32400, "s"."t0") AS DATE)) * 12 + MONTH(CAST(DATE_ADD('second', 32400, "s"."t0") AS DATE)) AS "u0"
        FROM (
          SELECT
            "e"."id" AS "id",
            MIN("e"."time") AS "t0"
          FROM "event_rows" AS "e"
          WHERE
            "e"."event" = 'Song'
            AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
            AND CAST("e"."id" AS VARCHAR) <> ''
          GROUP BY
            "e"."id"
        ) AS "s"
      ) AS "s"
        ON "e"."id" = "s"."id" AND "e"."time" > "s"."t0"
      WHERE
        (
          "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
          AND CAST("e"."id" AS VARCHAR) <> ''
        )
        AND YEAR(CAST(DATE_ADD('second', 32400, "e"."time") AS DATE)) * 12 + MONTH(CAST(DATE_ADD('second', 32400, "e"."time") AS DATE)) = "s"."u0" + 1
    )
  )
ORDER BY
  "u"."id"
