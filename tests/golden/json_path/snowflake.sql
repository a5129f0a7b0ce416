WITH "event_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."EVENT" AS VARCHAR) AS "event",
    CAST("t"."CART" AS VARCHAR) AS "cart",
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
      "e"."event" = 'Purchase'
      AND CASE
        WHEN TYPEOF(
          COALESCE(
            GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), 0), 'sku'),
            GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), '0'), 'sku')
          )
        ) IN ('VARCHAR', 'INTEGER', 'BOOLEAN')
        THEN CAST(COALESCE(
          GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), 0), 'sku'),
          GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), '0'), 'sku')
        ) AS VARCHAR)
        WHEN TYPEOF(
          COALESCE(
            GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), 0), 'sku'),
            GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), '0'), 'sku')
          )
        ) IN ('DECIMAL', 'DOUBLE')
        THEN CASE
          WHEN REGEXP_LIKE(
            CAST(COALESCE(
              GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), 0), 'sku'),
              GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), '0'), 'sku')
            ) AS VARCHAR),
            '-?[0-9]+'
          )
          THEN CONCAT(
            CAST(COALESCE(
              GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), 0), 'sku'),
              GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), '0'), 'sku')
            ) AS VARCHAR),
            '.0'
          )
          ELSE CAST(COALESCE(
            GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), 0), 'sku'),
            GET(GET(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'items'), '0'), 'sku')
          ) AS VARCHAR)
        END
      END IN ('mic', 'it\'s 100%')
      AND AS_DOUBLE(GET(TRY_PARSE_JSON(CAST("e"."cart" AS VARCHAR)), 'total')) BETWEEN 33.3e0 AND 100
      AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
      AND CAST("e"."id" AS VARCHAR) <> ''
  )
ORDER BY
  "u"."id"
