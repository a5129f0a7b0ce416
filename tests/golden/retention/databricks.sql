WITH `event_rows` AS (
  SELECT
    CAST(`t`.`id` AS STRING) AS `id`,
    CAST(`t`.`event` AS STRING) AS `event`,
    CAST(`t`.`time` AS TIMESTAMP) AS `time`,
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
    INNER JOIN (
      SELECT
        `s`.`id` AS `id`,
        `s`.`t0` AS `t0`,
        FLOOR(
          DATEDIFF(CAST(TIMESTAMPADD(SECOND, 32400, `s`.`t0`) AS DATE), CAST('0001-01-01' AS DATE)) / 7
        ) AS `u0`
      FROM (
        SELECT
          `e`.`id` AS `id`,
          MIN(`e`.`time`) AS `t0`
        FROM `event_rows` AS `e`
        WHERE
          `e`.`event` = 'Song'
          AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
          AND CAST(`e`.`id` AS STRING) <> ''
        GROUP BY
          `e`.`id`
      ) AS `s`
    ) AS `s`
      ON `e`.`id` = `s`.`id` AND `e`.`time` > `s`.`t0`
    WHERE
      (
        `e`.`event` = 'Song'
        AND `e`.`_stored_time` < CAST('2026-05-14 09:30:00+00:00' AS TIMESTAMP)
        AND CAST(`e`.`id` AS STRING) <> ''
      )
      AND FLOOR(
        DATEDIFF(CAST(TIMESTAMPADD(SECOND, 32400, `e`.`time`) AS DATE), CAST('0001-01-01' AS DATE)) / 7
      ) = `s`.`u0` + 1
  )
ORDER BY
  `u`.`id` NULLS LAST
