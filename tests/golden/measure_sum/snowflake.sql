WITH "event_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."EVENT" AS VARCHAR) AS "event",
    "t"."AMOUNT" AS "amount",
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
    WHERE
      (
        "e"."event" = 'Purchase'
        AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
        AND CAST("e"."id" AS VARCHAR) <> ''
      )
      AND "e"."amount" IS NOT NULL
    GROUP BY
      "e"."id"
    HAVING
      COALESCE(
        CASE
          WHEN SUM(ABS(CAST("e"."amount" AS DOUBLE))) BETWEEN 1 AND 900000000000000
          THEN CAST(ROUND(
            SUM(
              CAST(CASE
                WHEN ABS(CAST("e"."amount" AS DOUBLE)) <= 900000000000000
                THEN CAST("e"."amount" AS DOUBLE)
              END AS DECIMAL(38, 14))
            ),
            14 - CAST(FLOOR(LOG(10, SUM(ABS(CAST("e"."amount" AS DOUBLE))))) AS INT)
          ) AS DOUBLE)
          WHEN SUM(ABS(CAST("e"."amount" AS DOUBLE))) BETWEEN 1e-20 AND 1
          THEN ROUND(
            SUM(CAST("e"."amount" AS DOUBLE)),
            14 - CAST(FLOOR(LOG(10, SUM(ABS(CAST("e"."amount" AS DOUBLE))))) AS INT)
          )
          ELSE SUM(CAST("e"."amount" AS DOUBLE))
        END,
        0
      ) = 100
  )
ORDER BY
  "u"."id"
