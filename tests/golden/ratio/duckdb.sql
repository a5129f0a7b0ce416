SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "q"."uid"
    FROM (
      SELECT
        "d"."uid" AS "uid",
        CAST(COALESCE("n"."value", 0) AS DOUBLE) / NULLIF(CAST("d"."value" AS DOUBLE), 0) AS "value"
      FROM (
        SELECT
          "e"."uid" AS "uid",
          COUNT(*) AS "value"
        FROM "events" AS "e"
        WHERE
          "e"."event" = 'Song' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        GROUP BY
          "e"."uid"
      ) AS "d"
      LEFT JOIN (
        SELECT
          "e"."uid" AS "uid",
          COUNT(*) AS "value"
        FROM "events" AS "e"
        WHERE
          "e"."event" = 'Purchase'
          AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        GROUP BY
          "e"."uid"
      ) AS "n"
        ON "d"."uid" = "n"."uid"
      WHERE
        "d"."value" <> 0
    ) AS "q"
    WHERE
      "q"."value" < 1.5e0
  )
ORDER BY
  "u"."id"
