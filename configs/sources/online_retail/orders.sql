-- One order per invoice line with units and a price.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices: lines of codes that are not on the day's line-up stay, as history. Write-offs (negative, no cancellation) and
-- free lines are no orders. Giant orders stay too; their cancellations follow in returns.
SELECT
    line_id                                                         AS order_id,
    'shop-' || day                                                  AS session_id,
    product_id,
    customer                                                        AS viewer_id,
    ts,
    units,
    unit_price
FROM lines
WHERE is_sale
