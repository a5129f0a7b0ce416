WITH "event_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" BETWEEN CAST('0001-01-01 00:00:00' AS TIMESTAMP) AND CAST('9999-12-31 23:59:59' AS TIMESTAMP)
), "user_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."plan" AS "plan",
    "t"."joined" AS "joined",
    "t"."nickname" AS "nickname"
  FROM "users" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    AND CAST("e"."id" AS TEXT) <> ''
  UNION
  SELECT
    "p"."id" AS "id"
  FROM "user_rows" AS "p"
  WHERE
    CAST("p"."id" AS TEXT) <> ''
) AS "u"
WHERE
  COALESCE(
    "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        LOWER("p"."plan") IN (LOWER('pro'), LOWER('team'))
        AND CAST("p"."id" AS TEXT) <> ''
    ),
    FALSE
  )
  AND COALESCE(
    "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        STRPOS("p"."nickname", '_99%') > 0 AND CAST("p"."id" AS TEXT) <> ''
    )
    OR "u"."id" IN (
      SELECT
        "p"."id"
      FROM "user_rows" AS "p"
      WHERE
        "p"."joined" >= CAST('2026-05-07 09:30:00' AS TIMESTAMP)
        AND "p"."joined" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        AND CAST("p"."id" AS TEXT) <> ''
    ),
    FALSE
  )
ORDER BY
  "u"."id" COLLATE "C"
