SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    WHERE
      "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
    GROUP BY
      "e"."uid"
    HAVING
      COUNT(
        DISTINCT (
          CAST("e"."time" + TO_SECONDS(32400) AS DATE) - CAST('0001-01-01' AS DATE)
        )
      ) BETWEEN 3 AND 4
  )
ORDER BY
  "u"."id"
