-- One listing per product that a store has on sale on a day, known a week ahead with its price.
-- Source: FreshRetailNet-50K (arXiv 2505.16319), CC-BY-4.0; a sample of 60 stores.
-- Choices: the data have a discount (1.0 = none) but no price, so every list price is 10.00 and the price is 10 times the
-- discount, to the cent. 898 prices are zero: four products that are always given away, so zero is what was charged.
SELECT
    store_id || '-' || dt                                                       AS session_id,
    product_id,
    (dt::TIMESTAMP AT TIME ZONE 'Asia/Shanghai') - INTERVAL 7 DAYS              AS announced_at,
    round(10 * discount, 2)                                                     AS price
FROM read_parquet(raw('daily.parquet'))
