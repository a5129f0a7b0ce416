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
        CASE
          WHEN "r"."s3" = 1 AND "r"."t" <= DATE_ADD('second', 604800, "r"."p3")
          THEN "r"."p3"
        END AS "c3"
      FROM (
        SELECT
          "r".*,
          MAX("r"."c2") OVER (
            PARTITION BY "r"."k"
            ORDER BY "r"."t"
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
          ) AS "p3"
        FROM (
          SELECT
            "r".*,
            CASE
              WHEN "r"."s2" = 1 AND "r"."t" <= DATE_ADD('second', 604800, "r"."p2")
              THEN "r"."p2"
            END AS "c2"
          FROM (
            SELECT
              "r".*,
              MAX("r"."c1") OVER (
                PARTITION BY "r"."k"
                ORDER BY "r"."t"
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
              ) AS "p2"
            FROM (
              SELECT
                "r".*,
                CASE WHEN "r"."s1" = 1 THEN "r"."t" END AS "c1"
              FROM (
                SELECT
                  "e"."id" AS "k",
                  "e"."time" AS "t",
                  MAX(CASE WHEN "e"."event" = 'Sign Up' THEN 1 ELSE 0 END) AS "s1",
                  MAX(CASE WHEN "e"."event" = 'Song' THEN 1 ELSE 0 END) AS "s2",
                  MAX(CASE WHEN "e"."event" = 'Purchase' THEN 1 ELSE 0 END) AS "s3"
                FROM "event_rows" AS "e"
                WHERE
                  "e"."event" IN ('Sign Up', 'Song', 'Purchase')
                  AND "e"."_stored_time" < CAST('2026-05-14 09:30:00.000000' AS TIMESTAMP(6))
                  AND CAST("e"."id" AS VARCHAR) <> ''
                GROUP BY
                  "e"."id",
                  "e"."time"
              ) AS "r"
            ) AS "r"
          ) AS "r"
        ) AS "r"
      ) AS "r"
    ) AS "r"
    GROUP BY
      "r"."k"
    HAVING
      COUNT("r"."c2") > 0 AND COUNT("r"."c3") = 0
  )
ORDER BY
  "u"."id"
