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
  UNION DISTINCT
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
        WHEN json_type(
          COALESCE(
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items'][0]['sku'],
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items']['0']['sku']
          )
        ) IN ('string', 'boolean')
        THEN json_value(
          COALESCE(
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items'][0]['sku'],
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items']['0']['sku']
          )
        )
        WHEN json_type(
          COALESCE(
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items'][0]['sku'],
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items']['0']['sku']
          )
        ) IN ('number')
        THEN to_json_string(
          COALESCE(
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items'][0]['sku'],
            SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['items']['0']['sku']
          )
        )
      END IN ('mic', 'it\'s 100%')
      AND CASE
        WHEN json_type(
          SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['total']
        ) IN ('number')
        THEN SAFE_CAST(json_value(
          SAFE.parse_json(CAST(`e`.`cart` AS STRING), wide_number_mode => 'round')['total']
        ) AS FLOAT64)
      END BETWEEN 33.3e0 AND 100
      AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
      AND CAST(`e`.`id` AS STRING) <> ''
  )
ORDER BY
  `u`.`id`
