SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "r"."k"
    FROM (
      SELECT
        "r"."k" AS "k",
        "r"."t" AS "t",
        MAX(CASE WHEN "r"."s1" = 1 THEN "r"."t" END) OVER (
          PARTITION BY "r"."k"
          ORDER BY "r"."t"
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "s1",
        MAX(CASE WHEN "r"."s2" = 1 THEN "r"."t" END) OVER (
          PARTITION BY "r"."k"
          ORDER BY "r"."t"
          ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS "s2"
      FROM (
        SELECT
          "e"."uid" AS "k",
          "e"."time" AS "t",
          MAX(CASE WHEN "e"."event" = 'Purchase' THEN 1 ELSE 0 END) AS "s1",
          MAX(CASE WHEN "e"."event" = 'Song' THEN 1 ELSE 0 END) AS "s2"
        FROM "events" AS "e"
        WHERE
          "e"."event" IN ('Purchase', 'Song')
          AND "e"."uid" IN (
            SELECT
              "e"."uid"
            FROM "events" AS "e"
            WHERE
              "e"."event" = 'Purchase'
              AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
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
    WHERE
      "r"."s1" + TO_SECONDS(46800) >= "r"."t"
      AND "r"."s2" + TO_SECONDS(46800) >= "r"."t"
  )
ORDER BY
  "u"."id"
