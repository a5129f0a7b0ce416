SELECT
  "u"."id" AS "id"
FROM "users" AS "u"
WHERE
  "u"."uid" IN (
    SELECT
      "e"."uid"
    FROM "events" AS "e"
    WHERE
      "e"."event" = 'Purchase'
      AND CASE
        WHEN JSON_TYPE("e"."cart", '/items/0/sku') IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE', 'VARCHAR', 'BOOLEAN')
        THEN JSON_EXTRACT_STRING("e"."cart", '/items/0/sku')
      END IN ('mic', 'it''s 100%')
      AND CASE
        WHEN JSON_TYPE("e"."cart", '/total') IN ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')
        THEN TRY_CAST(JSON_EXTRACT_STRING("e"."cart", '/total') AS DOUBLE)
      END BETWEEN 33.3e0 AND 100
      AND "e"."time" < CAST('2026-05-14 09:30:00' AS TIMESTAMP)
  )
ORDER BY
  "u"."id"
