WITH `event_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
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
  UNION DISTINCT
  SELECT
    `p`.`id` AS `id`
  FROM `user_rows` AS `p`
  WHERE
    CAST(`p`.`id` AS STRING) <> ''
) AS `u`
WHERE
  COALESCE(
    NOT (
      COALESCE(
        `u`.`id` IN (
          SELECT
            `p`.`id`
          FROM `user_rows` AS `p`
          WHERE
            `p`.`plan` IN ('pro') AND CAST(`p`.`id` AS STRING) <> ''
        ),
        FALSE
      )
    ),
    FALSE
  )
ORDER BY
  `u`.`id`
