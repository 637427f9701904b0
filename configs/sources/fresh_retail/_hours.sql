-- One row per store, product, day and hour: the raw lists of 24, unnested, with the units sold so far that day.
-- The other files read it as `hours`.
-- Source: FreshRetailNet-50K (arXiv 2505.16319), CC-BY-4.0; a sample of 60 stores.
-- Choices: the natural item is a tenth, but 2.1% of the amounts are not whole tenths. The running total is rounded, not the
-- hour, so that the hours of a day always add up to the day's rounded amount.
SELECT
    store_id,
    product_id,
    dt,
    unnest(range(24))::TINYINT                                                  AS hour,
    unnest(hours_stock_status)                                                  AS is_out,
    unnest([
        least(round(10 * round(list_sum(hours_sale[:h])::DOUBLE, 4)), round(10 * round(sale_amount, 4)))
        FOR h IN range(1, 25)
    ])::INTEGER                                                                 AS units_so_far,
    discount
FROM read_parquet(raw('hourly_lists.parquet')) AS hourly
JOIN read_parquet(raw('daily.parquet')) AS daily USING (store_id, product_id, dt)
