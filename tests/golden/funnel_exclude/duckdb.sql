SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
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
                  "e"."uid" AS "k",
                  "e"."time" AS "t",
                  MAX(CASE WHEN "e"."event" = 'Sign Up' THEN 1 ELSE 0 END) AS "s1",
                  MAX(CASE WHEN "e"."event" = 'Purchase' THEN 1 ELSE 0 END) AS "s2",
                  MAX(CASE WHEN "e"."event" = 'Refund' THEN 1 ELSE 0 END) AS "x1"
                FROM "events" AS "e"
                WHERE
                  "e"."event" IN ('Sign Up', 'Purchase', 'Refund')
                  AND "e"."uid" IN (
                    SELECT
                      "e"."uid"
                    FROM "events" AS "e"
                    WHERE
                      "e"."event" = 'Sign Up' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
                  )
                  AND "e"."uid" IN (
                    SELECT
                      "e"."uid"
                    FROM "events" AS "e"
                    WHERE
                      "e"."event" = 'Purchase'
                      AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
                  )
                  AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
                GROUP BY
                  "e"."uid",
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
