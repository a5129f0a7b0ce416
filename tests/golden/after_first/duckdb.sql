SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    INNER JOIN (
      SELECT
        "e"."uid" AS "uid",
        MIN("e"."time") AS "t0"
      FROM "events" AS "e"
      WHERE
        "e"."event" = 'Sign Up' AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
      GROUP BY
        "e"."uid"
    ) AS "a"
      ON "e"."uid" = "a"."uid"
      AND "e"."time" >= "a"."t0"
      AND "e"."time" < "a"."t0" + TO_SECONDS(604800)
    WHERE
      "e"."event" = 'Purchase'
      AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
ORDER BY
  "u"."id"
