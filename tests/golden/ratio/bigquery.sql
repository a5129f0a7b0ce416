WITH `event_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
    CAST(`t`.`event` AS STRING) AS `event`,
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
      `q`.`id`
    FROM (
      SELECT
        `d`.`id` AS `id`,
        CAST(COALESCE(`n`.`value`, 0) AS FLOAT64) / NULLIF(CAST(`d`.`value` AS FLOAT64), 0) AS `value`
      FROM (
        SELECT
          `e`.`id` AS `id`,
          COUNT(*) AS `value`
        FROM `event_rows` AS `e`
        WHERE
          `e`.`event` = 'Song'
          AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
          AND CAST(`e`.`id` AS STRING) <> ''
        GROUP BY
          `e`.`id`
      ) AS `d`
      LEFT JOIN (
        SELECT
          `e`.`id` AS `id`,
          COUNT(*) AS `value`
        FROM `event_rows` AS `e`
        WHERE
          `e`.`event` = 'Purchase'
          AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
          AND CAST(`e`.`id` AS STRING) <> ''
        GROUP BY
          `e`.`id`
      ) AS `n`
        ON `d`.`id` = `n`.`id`
      WHERE
        `d`.`value` <> 0
    ) AS `q`
    WHERE
      `q`.`value` < 1.5e0
  )
ORDER BY
  `u`.`id`
