WITH "event_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."EVENT" AS VARCHAR) AS "event",
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
    INNER JOIN (
      SELECT
        "s"."id" AS "id",
        "s"."t0" AS "t0",
        FLOOR(
          (
            DATEDIFF(
              DAY,
              TO_DATE('1970-01-01', 'YYYY-MM-DD'),
              CAST(CASE
                WHEN "s"."t0" > TO_TIMESTAMP_NTZ('9999-12-31 14:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
                THEN TO_TIMESTAMP_NTZ('9999-12-31 23:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
                ELSE DATEADD(SECOND, 32400, "s"."t0")
              END AS DATE)
            ) + 719162
          ) / 7
        ) AS "u0"
      FROM (
        SELECT
          "e"."id" AS "id",
          MIN("e"."time") AS "t0"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" = 'Song'
          AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
          AND CAST("e"."id" AS VARCHAR) <> ''
        GROUP BY
          "e"."id"
      ) AS "s"
    ) AS "s"
      ON "e"."id" = "s"."id" AND "e"."time" > "s"."t0"
    WHERE
      (
        "e"."event" = 'Song'
        AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
        AND CAST("e"."id" AS VARCHAR) <> ''
      )
      AND FLOOR(
        (
          DATEDIFF(
            DAY,
            TO_DATE('1970-01-01', 'YYYY-MM-DD'),
            CAST(CASE
              WHEN "e"."time" > TO_TIMESTAMP_NTZ('9999-12-31 14:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
              THEN TO_TIMESTAMP_NTZ('9999-12-31 23:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
              ELSE DATEADD(SECOND, 32400, "e"."time")
            END AS DATE)
          ) + 719162
        ) / 7
      ) = "s"."u0" + 1
  )
ORDER BY
  "u"."id"
