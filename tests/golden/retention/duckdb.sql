SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "s"."uid"
    FROM (
      SELECT
        "s"."uid" AS "uid",
        "s"."t0" AS "t0",
        (
          CAST("s"."t0" + TO_SECONDS(32400) AS DATE) - CAST('0001-01-01' AS DATE)
        ) // 7 AS "u0"
      FROM (
        SELECT
          "e"."uid" AS "uid",
          MIN("e"."time") AS "t0"
        FROM "events" AS "e"
        WHERE
          "e"."event" = 'Song' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
        GROUP BY
          "e"."uid"
      ) AS "s"
    ) AS "s"
    SEMI JOIN (
      SELECT
        "e"."uid" AS "uid",
        "e"."time" AS "time"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Song' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    ) AS "e"
      ON "e"."uid" = "s"."uid"
      AND (
        CAST("e"."time" + TO_SECONDS(32400) AS DATE) - CAST('0001-01-01' AS DATE)
      ) // 7 = "s"."u0" + 1
  )
ORDER BY
  "u"."id"
