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
  UNION
  SELECT
    `p`.`id` AS `id`
  FROM `user_rows` AS `p`
  WHERE
    CAST(`p`.`id` AS STRING) <> ''
) AS `u`
WHERE
  NOT (
    `u`.`id` IN (
      SELECT
        `e`.`id`
      FROM `event_rows` AS `e`
      WHERE
        `e`.`event` = 'Song'
        AND `e`.`_stored_time` >= CAST('2026-05-07 09:30:00+00:00' AS TIMESTAMP)
        AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
        AND CAST(`e`.`id` AS STRING) <> ''
      GROUP BY
        `e`.`id`
      HAVING
        NOT (
          COUNT(*) < 2
        )
    )
  )
ORDER BY
  `u`.`id` NULLS LAST
