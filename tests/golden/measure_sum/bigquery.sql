WITH `event_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
    CAST(`t`.`event` AS STRING) AS `event`,
    `t`.`amount` AS `amount`,
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
      (
        `e`.`event` = 'Purchase'
        AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
        AND CAST(`e`.`id` AS STRING) <> ''
      )
      AND `e`.`amount` IS NOT NULL
    GROUP BY
      `e`.`id`
    HAVING
      COALESCE(
        CASE
          WHEN SUM(ABS(CAST(`e`.`amount` AS FLOAT64))) BETWEEN 1 AND 900000000000000
          THEN CAST(round(
            SUM(
              CAST(CASE
                WHEN ABS(CAST(`e`.`amount` AS FLOAT64)) <= 900000000000000
                THEN CAST(`e`.`amount` AS FLOAT64)
              END AS BIGNUMERIC)
            ),
            14 - CAST(floor(log10(SUM(ABS(CAST(`e`.`amount` AS FLOAT64))))) AS INT64)
          ) AS FLOAT64)
          WHEN SUM(ABS(CAST(`e`.`amount` AS FLOAT64))) BETWEEN 1e-20 AND 1
          THEN round(
            SUM(CAST(`e`.`amount` AS FLOAT64)),
            14 - CAST(floor(log10(SUM(ABS(CAST(`e`.`amount` AS FLOAT64))))) AS INT64)
          )
          ELSE SUM(CAST(`e`.`amount` AS FLOAT64))
        END,
        0
      ) = 100
  )
ORDER BY
  `u`.`id`
