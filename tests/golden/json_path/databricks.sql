WITH `event_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
    CAST(`t`.`event` AS STRING) AS `event`,
    CAST(`t`.`cart` AS STRING) AS `cart`,
    `t`.`time` AS `_stored_time`
  FROM `events` AS `t`
  WHERE
    `t`.`time` IS NOT NULL
), `user_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`
  FROM `users` AS `t`
)
SELECT
  `u`.`id` AS `id`
FROM (
  SELECT
    `e`.`id` AS `id`
  FROM `event_rows` AS `e`
  WHERE
    `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
    AND CAST(`e`.`id` AS STRING) <> ''
  UNION
  SELECT
    `p`.`id` AS `id`
  FROM `user_rows` AS `p`
  WHERE
    CAST(`p`.`id` AS STRING) <> ''
) AS `u`
WHERE
  `u`.`id` IN (
    SELECT
      `e`.`id`
    FROM `event_rows` AS `e`
    WHERE
      `e`.`event` = 'Purchase'
      AND CASE
        WHEN SCHEMA_OF_VARIANT(
          COALESCE(
            TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'items\'][0][\'sku\']', 'variant'),
            TRY_VARIANT_GET(
              TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)),
              '$[\'items\'][\'0\'][\'sku\']',
              'variant'
            )
          )
        ) IN ('STRING', 'BIGINT', 'BOOLEAN')
        THEN CAST(COALESCE(
          TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'items\'][0][\'sku\']', 'variant'),
          TRY_VARIANT_GET(
            TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)),
            '$[\'items\'][\'0\'][\'sku\']',
            'variant'
          )
        ) AS STRING)
        WHEN RLIKE(
          SCHEMA_OF_VARIANT(
            COALESCE(
              TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'items\'][0][\'sku\']', 'variant'),
              TRY_VARIANT_GET(
                TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)),
                '$[\'items\'][\'0\'][\'sku\']',
                'variant'
              )
            )
          ),
          '^(DECIMAL|DOUBLE)'
        )
        THEN CASE
          WHEN RLIKE(
            CAST(COALESCE(
              TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'items\'][0][\'sku\']', 'variant'),
              TRY_VARIANT_GET(
                TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)),
                '$[\'items\'][\'0\'][\'sku\']',
                'variant'
              )
            ) AS STRING),
            '^-?[0-9]+$'
          )
          THEN CONCAT(
            CAST(COALESCE(
              TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'items\'][0][\'sku\']', 'variant'),
              TRY_VARIANT_GET(
                TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)),
                '$[\'items\'][\'0\'][\'sku\']',
                'variant'
              )
            ) AS STRING),
            '.0'
          )
          ELSE CAST(COALESCE(
            TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'items\'][0][\'sku\']', 'variant'),
            TRY_VARIANT_GET(
              TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)),
              '$[\'items\'][\'0\'][\'sku\']',
              'variant'
            )
          ) AS STRING)
        END
      END IN ('mic', 'it\'s 100%')
      AND CASE
        WHEN RLIKE(
          SCHEMA_OF_VARIANT(
            TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'total\']', 'variant')
          ),
          '^(BIGINT|DECIMAL|DOUBLE)'
        )
        THEN CAST(TRY_VARIANT_GET(TRY_PARSE_JSON(CAST(`e`.`cart` AS STRING)), '$[\'total\']', 'variant') AS DOUBLE)
      END BETWEEN 33.3e0 AND 100
      AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
      AND CAST(`e`.`id` AS STRING) <> ''
  )
ORDER BY
  `u`.`id` NULLS LAST
