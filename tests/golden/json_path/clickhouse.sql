WITH "event_rows" AS (
  SELECT
    CAST("t"."id", 'Nullable(String)') AS "id",
    CAST("t"."event", 'Nullable(String)') AS "event",
    CAST("t"."cart", 'Nullable(String)') AS "cart",
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
      "e"."event" = 'Purchase'
      AND CASE
        WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items') = 'Array'
        THEN CASE
          WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku') IN ('String')
          THEN JSONExtractString(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku')
          WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku') IN ('Double')
          THEN CASE
            WHEN match(
              JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku'),
              '^-?[0-9]+$'
            )
            THEN concat(JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku'), '.0')
            ELSE JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku')
          END
          WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku') IN ('Int64', 'UInt64', 'Bool')
          THEN JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', 1, 'sku')
        END
        ELSE CASE
          WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku') IN ('String')
          THEN JSONExtractString(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku')
          WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku') IN ('Double')
          THEN CASE
            WHEN match(
              JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku'),
              '^-?[0-9]+$'
            )
            THEN concat(JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku'), '.0')
            ELSE JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku')
          END
          WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku') IN ('Int64', 'UInt64', 'Bool')
          THEN JSONExtractRaw(CAST("e"."cart", 'Nullable(String)'), 'items', '0', 'sku')
        END
      END IN ('mic', 'it''s 100%')
      AND CASE
        WHEN JSONType(CAST("e"."cart", 'Nullable(String)'), 'total') IN ('Int64', 'UInt64', 'Double')
        THEN JSONExtractFloat(CAST("e"."cart", 'Nullable(String)'), 'total')
      END BETWEEN 33.3e0 AND 100
      AND "e"."_stored_time" < toDateTime64('2026-05-14 09:30:00.000000', 6, 'UTC')
      AND CAST("e"."id" AS Nullable(String)) <> ''
  )
ORDER BY
  "u"."id"
