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
    INNER JOIN (
      SELECT
        `s`.`id` AS `id`,
        `s`.`t0` AS `t0`,
        div(
          unix_date(
            date(
              CASE
                WHEN `s`.`t0` > CAST('9999-12-31 14:59:59.999999+00:00' AS TIMESTAMP)
                THEN CAST('9999-12-31 23:59:59.999999+00:00' AS TIMESTAMP)
                ELSE timestamp_add(`s`.`t0`, INTERVAL 32400 SECOND)
              END,
              'UTC'
            )
          ) + 719162,
          7
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
      AND div(
        unix_date(
          date(
            CASE
              WHEN `e`.`time` > CAST('9999-12-31 14:59:59.999999+00:00' AS TIMESTAMP)
              THEN CAST('9999-12-31 23:59:59.999999+00:00' AS TIMESTAMP)
              ELSE timestamp_add(`e`.`time`, INTERVAL 32400 SECOND)
            END,
            'UTC'
          )
        ) + 719162,
        7
      ) = `s`.`u0` + 1
  )
ORDER BY
  `u`.`id`
