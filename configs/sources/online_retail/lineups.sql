-- A day's listings: every code sold in the four weeks before the day was announced.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices: announced a week ahead, so the four weeks end a week before the day, and nothing sold later can put a code on
-- the line-up or move its price. (From the second month on, 96 to 98% of the lines sold in a quarter are of listed codes;
-- the others remain as orders without a listing.) The price is the median of those weeks' lines, one that was really charged: the
-- shop charges a trade and a retail price, and a mean would be neither.
SELECT
    session_id,
    product_id,
    announced_at,
    quantile_disc(unit_price, 0.5)                                  AS price
FROM schedule
JOIN lines ON lines.day >= schedule.day - 35 AND lines.day < schedule.day - 7
WHERE is_sale
GROUP BY ALL
