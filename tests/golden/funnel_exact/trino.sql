WITH "event_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id",
    CAST("t"."event" AS VARCHAR) AS "event",
    CAST("t"."time" AS TIMESTAMP(6)) AS "time",
    "t"."time" AS "_stored_time"
  FROM "events" AS "t"
  WHERE
    "t"."time" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."id" AS VARCHAR) AS "id"
  FROM "users" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
    AND CAST("e"."id" AS VARCHAR) <> ''
  UNION
  SELECT
    "p"."id" AS "id"
  FROM "user_rows" AS "p"
  WHERE
    CAST("p"."id" AS VARCHAR) <> ''
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
                  AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
                  AND CAST("e"."id" AS VARCHAR) <> ''
              )
              AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
              AND CAST("e"."id" AS VARCHAR) <> ''
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
  "u"."id"
