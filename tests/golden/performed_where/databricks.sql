WITH `event_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
    CAST(`t`.`event` AS STRING) AS `event`,
    CAST(`t`.`country` AS STRING) AS `country`,
    `t`.`amount` AS `amount`,
    `t`.`time` AS `_stored_time`
  FROM `events` AS `t`
  WHERE
    `t`.`time` IS NOT NULL
), `user_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
    CAST(`t`.`plan` AS STRING) AS `plan`
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
      AND NOT (
        COALESCE(`e`.`country` = 'US', FALSE)
      )
      AND (
        `e`.`amount` > 33.3e0
        OR `e`.`id` IN (
          SELECT
            `p`.`id`
          FROM `user_rows` AS `p`
          WHERE
            `p`.`plan` = 'free' AND CAST(`p`.`id` AS STRING) <> ''
        )
      )
      AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
      AND CAST(`e`.`id` AS STRING) <> ''
  )
ORDER BY
  `u`.`id` NULLS LAST
