-- When a product ran out on the shelf and when it came back.
-- Source: FreshRetailNet-50K (arXiv 2505.16319), CC-BY-4.0; a sample of 60 stores.
-- Choices: only the opening hours count (the data also hold the nights). A product that is out at opening sold out then.
-- The data know a whole hour as in or out, so both kinds carry the hour's first instant.
WITH open_hours AS (
    SELECT *, lag(is_out, 1, 0) OVER (PARTITION BY store_id, product_id, dt ORDER BY hour) AS was_out
    FROM hours
    WHERE hour BETWEEN 6 AND 21
)
SELECT
    concat_ws('-', store_id, dt, product_id, hour)                          AS event_id,
    store_id || '-' || dt                                                   AS session_id,
    product_id,
    CASE is_out WHEN 1 THEN 'sold_out' ELSE 'restock' END                   AS kind,
    dt::TIMESTAMP AT TIME ZONE 'Asia/Shanghai' + to_hours(hour)             AS ts
FROM open_hours
WHERE is_out <> was_out
