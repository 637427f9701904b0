-- One row per product; the category is the three levels that the data give.
-- Source: FreshRetailNet-50K (arXiv 2505.16319), CC-BY-4.0; a sample of 60 stores.
-- Choices: names were removed from the data, so the title is the number; the management group stands for the merchant;
-- cost, salvage value, volume, supplier and launch day are unknown and stay null.
SELECT DISTINCT
    product_id,
    'group-' || management_group_id                                             AS merchant_id,
    first_category_id || '/' || second_category_id || '/' || third_category_id  AS category,
    'product ' || product_id                                                    AS title,
    10.00                                                                       AS list_price
FROM read_parquet(raw('daily.parquet'))
