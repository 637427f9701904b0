-- A return is a cancellation that an earlier order of the same customer and code explains.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices: of the earlier orders with at least as many units, the latest. An order takes back no more than it sold: once
-- its units are used up, further cancellations stay unmatched, like those of orders before the data begin or without a
-- customer, and are left out.
WITH matched AS (
    SELECT
        back.line_id, back.ts, -back.units AS units, sale.line_id AS order_id, sale.units AS sold_units
    FROM lines AS back
    JOIN lines AS sale USING (customer, product_id)
    WHERE back.is_cancellation AND back.units < 0 AND sale.is_sale AND sale.ts < back.ts AND sale.units >= -back.units
    QUALIFY row_number() OVER (PARTITION BY back.line_id ORDER BY sale.ts DESC, sale.line_id DESC) = 1
)
SELECT
    line_id                                                         AS return_id,
    order_id,
    ts,
    units
FROM matched
QUALIFY sum(units) OVER (PARTITION BY order_id ORDER BY ts, line_id) <= sold_units
