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
          "e"."id" AS "k",
          "e"."time" AS "t",
          MAX(CASE WHEN "e"."event" = 'Purchase' THEN 1 ELSE 0 END) AS "s1",
          MAX(CASE WHEN "e"."event" = 'Song' THEN 1 ELSE 0 END) AS "s2"
        FROM "event_rows" AS "e"
        WHERE
          "e"."event" IN ('Purchase', 'Song')
          AND "e"."_stored_time" < TO_TIMESTAMP_NTZ('2026-05-14 09:30:00.000000', 'YYYY-MM-DD HH24:MI:SS.FF6')
          AND CAST("e"."id" AS VARCHAR) <> ''
        GROUP BY
          "e"."id",
          "e"."time"
      ) AS "r"
    ) AS "r"
    WHERE
      CASE
        WHEN "r"."s1" > TO_TIMESTAMP_NTZ('9999-12-31 10:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
        THEN TO_TIMESTAMP_NTZ('9999-12-31 23:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
        ELSE DATEADD(SECOND, 46800, "r"."s1")
      END >= "r"."t"
      AND CASE
        WHEN "r"."s2" > TO_TIMESTAMP_NTZ('9999-12-31 10:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
        THEN TO_TIMESTAMP_NTZ('9999-12-31 23:59:59.999999', 'YYYY-MM-DD HH24:MI:SS.FF6')
        ELSE DATEADD(SECOND, 46800, "r"."s2")
      END >= "r"."t"
  )
ORDER BY
  "u"."id"
