SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "b"."k" AS "k"
    FROM (
      SELECT
        "e"."uid" AS "k",
        "e"."time" AS "t"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Purchase'
        AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    ) AS "b"
    SEMI JOIN (
      SELECT
        "b"."k" AS "k",
        "b"."t" AS "t",
        MAX("a"."t") AS "began"
      FROM (
        SELECT
          "e"."uid" AS "k",
          "e"."time" AS "t"
        FROM "events" AS "e"
        WHERE
          "e"."event" = 'Sign Up' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      ) AS "a"
      INNER JOIN (
        SELECT
          "e"."uid" AS "k",
          "e"."time" AS "t"
        FROM "events" AS "e"
        WHERE
          (
            "e"."event" = 'Song' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
          )
          AND "e"."uid" IN (
            SELECT
              "e"."uid"
            FROM "events" AS "e"
            WHERE
              "e"."event" = 'Purchase'
              AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
          )
      ) AS "b"
        ON "b"."k" = "a"."k"
        AND "b"."t" > "a"."t"
        AND "b"."t" <= "a"."t" + TO_SECONDS(604800)
      GROUP BY
        "b"."k",
        "b"."t"
    ) AS "a"
      ON "b"."k" = "a"."k"
      AND "b"."t" > "a"."t"
      AND "b"."t" <= "a"."began" + TO_SECONDS(604800)
  )
ORDER BY
  "u"."id"
