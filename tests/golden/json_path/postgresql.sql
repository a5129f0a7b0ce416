WITH "event_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."event" AS "event",
    CASE
      WHEN NOT (
        REGEXP_LIKE(
          CAST("t"."cart" AS TEXT),
          '\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          'cp'
        )
      )
      THEN CAST("t"."cart" AS JSONB)
    END AS "cart",
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
      "e"."id"
    FROM "event_rows" AS "e"
    WHERE
      "e"."event" = 'Purchase'
      AND CASE
        WHEN JSONB_TYPEOF(JSONB_EXTRACT_PATH(CAST("e"."cart" AS JSONB), 'items', '0', 'sku')) IN ('string', 'number', 'boolean')
        THEN JSONB_EXTRACT_PATH_TEXT(CAST("e"."cart" AS JSONB), 'items', '0', 'sku')
      END IN ('mic', 'it''s 100%')
      AND CASE
        WHEN JSONB_TYPEOF(JSONB_EXTRACT_PATH(CAST("e"."cart" AS JSONB), 'total')) IN ('number')
        THEN CASE
          WHEN ABS(CAST(JSONB_EXTRACT_PATH_TEXT(CAST("e"."cart" AS JSONB), 'total') AS DECIMAL)) < 1e+300
          THEN CAST(JSONB_EXTRACT_PATH_TEXT(CAST("e"."cart" AS JSONB), 'total') AS DOUBLE PRECISION)
        END
      END BETWEEN 33.3e0 AND 100
      AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      AND CAST("e"."id" AS TEXT) <> ''
  )
ORDER BY
  "u"."id" COLLATE "C"
