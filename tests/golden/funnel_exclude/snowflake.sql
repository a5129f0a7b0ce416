WITH "event_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id",
    CAST("t"."EVENT" AS VARCHAR) AS "event",
    CAST("t"."TIME" AS TIMESTAMPNTZ) AS "time",
    "t"."TIME" AS "_stored_time"
  FROM "EVENTS" AS "t"
  WHERE
    "t"."TIME" IS NOT NULL
), "user_rows" AS (
  SELECT
    CAST("t"."ID" AS VARCHAR) AS "id"
  FROM "USERS" AS "t"
)
SELECT
  "u"."id" AS "id"
FROM (
  SELECT
    "e"."id" AS "id"
  FROM "event_rows" AS "e"
  WHERE
    "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
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
          LAG("r"."m2") OVER (PARTITION BY "r"."k" ORDER BY "r"."t") AS "p2"
        FROM (
          SELECT
            "r".*,
            MAX("r"."c1") OVER (
              PARTITION BY "r"."k", "r"."n2"
              ORDER BY "r"."t"
              ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS "m2"
          FROM (
            SELECT
              "r".*,
              SUM("r"."x1") OVER (
                PARTITION BY "r"."k"
                ORDER BY "r"."t"
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS "n2"
            FROM (
              SELECT
                "r".*,
                CASE WHEN "r"."s1" = 1 THEN "r"."t" END AS "c1"
              FROM (
                SELECT
                  "e"."id" AS "k",
                  "e"."time" AS "t",
                  MAX(CASE WHEN "e"."event" = 'Sign Up' THEN 1 ELSE 0 END) AS "s1",
                  MAX(CASE WHEN "e"."event" = 'Purchase' THEN 1 ELSE 0 END) AS "s2",
                  MAX(CASE WHEN "e"."event" = 'Refund' THEN 1 ELSE 0 END) AS "x1"
                FROM "event_rows" AS "e"
                WHERE
                  "e"."event" IN ('Sign Up', 'Purchase', 'Refund')
                  AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
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
    WHERE
      "r"."c2" IS NOT NULL
  )
ORDER BY
  "u"."id"
