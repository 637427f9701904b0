-- One order per listing and hour with sales, in tenths of the data's normalised amount.
-- Source: FreshRetailNet-50K (arXiv 2505.16319), CC-BY-4.0; a sample of 60 stores.
-- Choices: an hour's sales carry the last second of the hour, since nobody knew them earlier. Sales outside 06:00 to 22:00
-- (4.8%) stay with the day's session.
WITH sold AS (
    SELECT *, units_so_far - lag(units_so_far, 1, 0) OVER (PARTITION BY store_id, product_id, dt ORDER BY hour) AS units
    FROM hours
)
SELECT
    concat_ws('-', store_id, dt, product_id, hour)                                          AS order_id,
    store_id || '-' || dt                                                                   AS session_id,
    product_id,
    dt::TIMESTAMP AT TIME ZONE 'Asia/Shanghai' + to_hours(hour + 1) - INTERVAL 1 SECOND     AS ts,
    units,
    round(10 * discount, 2)                                                                 AS unit_price
FROM sold
WHERE units > 0
