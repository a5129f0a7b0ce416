WITH "event_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id",
    "t"."event" AS "event",
    "t"."time" AS "time",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" BETWEEN CAST('0001-01-01 00:00:00' AS TIMESTAMP) AND CAST('9999-12-31 23:59:59' AS TIMESTAMP)
), "user_rows" AS NOT MATERIALIZED (
  SELECT
    "t"."id" AS "id"
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
  "u"."id" IN (
    SELECT
      "r"."k"
    FROM (
      SELECT
        "r".*,
        CASE WHEN "r"."s2" = 1 THEN "r"."p2" END AS "c2"
      FROM (
        SELECT
          "r".*,
          LAG("r"."c1") OVER (PARTITION BY "r"."k" ORDER BY "r"."t") AS "p2"
        FROM (
          SELECT
            "r".*,
            CASE WHEN "r"."s1" = 1 THEN "r"."t" END AS "c1"
          FROM (
            SELECT
              "e"."id" AS "k",
              "e"."time" AS "t",
              MAX(CASE WHEN "e"."event" = 'Sign Up' THEN 1 ELSE 0 END) AS "s1",
              MAX(CASE WHEN "e"."event" = 'Song' THEN 1 ELSE 0 END) AS "s2"
            FROM "event_rows" AS "e"
            WHERE
              "e"."id" IN (
                SELECT
                  "e"."id"
                FROM "event_rows" AS "e"
                WHERE
                  "e"."event" = 'Sign Up'
                  AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
                  AND CAST("e"."id" AS TEXT) <> ''
              )
              AND "e"."_stored_time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
              AND CAST("e"."id" AS TEXT) <> ''
            GROUP BY
              "e"."id",
              "e"."time"
          ) AS "r"
        ) AS "r"
      ) AS "r"
    ) AS "r"
    WHERE
      "r"."c2" IS NOT NULL
  )
ORDER BY
  "u"."id" COLLATE "C"
