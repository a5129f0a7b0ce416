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
          LAG("r"."c1") OVER (PARTITION BY "r"."k" ORDER BY "r"."t") AS "p2"
        FROM (
          SELECT
            "r".*,
            CASE WHEN "r"."s1" = 1 THEN "r"."t" END AS "c1"
          FROM (
            SELECT
              "e"."uid" AS "k",
              "e"."time" AS "t",
              MAX(CASE WHEN "e"."event" = 'Sign Up' THEN 1 ELSE 0 END) AS "s1",
              MAX(CASE WHEN "e"."event" = 'Song' THEN 1 ELSE 0 END) AS "s2"
            FROM "events" AS "e"
            WHERE
              "e"."uid" IN (
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
                  "e"."event" = 'Sign Up' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
              )
              AND "e"."uid" IN (
                SELECT
                  "e"."uid"
                FROM "events" AS "e"
                WHERE
                  "e"."event" = 'Song' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
              )
              AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
            GROUP BY
              "e"."uid",
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
