WITH "event_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id",
    CAST("t"."event", 'Nullable(String)') AS "event",
    "t"."amount" AS "amount",
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
      (
        "e"."event" = 'Purchase'
        AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
        AND CAST("e"."id" AS Nullable(String)) <> ''
      )
      AND "e"."amount" IS NOT NULL
    GROUP BY
      "e"."id"
    HAVING
      COALESCE(
        CASE
          WHEN SUM(ABS(toFloat64("e"."amount"))) BETWEEN 1e-40 AND 9e14
          THEN toFloat64OrNull(
            toString(
              round(
                toDecimal256OrNull(toString(sumKahan(toFloat64("e"."amount"))), 60),
                14 - toInt32(floor(log10(SUM(ABS(toFloat64("e"."amount"))))))
              )
            )
          )
          ELSE sumKahan(toFloat64("e"."amount"))
        END,
        0
      ) = 100
  )
ORDER BY
  "u"."id"
