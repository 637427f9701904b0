-- One row per code that was ever sold.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices: products count as known always, so a row is made of the code's first sale alone: title and list price as they
-- were then. The data have no categories; the first telling word of the title stands for one. The launch is the first sale,
-- but null in the first four weeks of the data, when an old product cannot be told from a new one.
WITH first_sales AS (
    SELECT *
    FROM lines
    WHERE is_sale
    QUALIFY row_number() OVER (PARTITION BY product_id ORDER BY ts, line_id) = 1
)
SELECT
    product_id,
    'shop'                                                          AS merchant_id,
    'gift-ware/' || coalesce(nullif(regexp_extract(lower(title), '\b(' || concat_ws('|',
        'christmas', 'easter', 'bag', 'box', 'card', 'wrap', 'candle', 'holder', 'lantern', 'light', 'lamp', 'decoration',
        'garland', 'necklace', 'earrings', 'bracelet', 'ring', 'charm', 'hair', 'frame', 'sign', 'clock', 'mirror', 'hook',
        'drawer', 'mug', 'cup', 'bowl', 'plate', 'tray', 'bottle', 'jar', 'tin', 'cake', 'tea', 'egg', 'napkins',
        'cushion', 'towel', 'doormat', 'umbrella', 'purse', 'doll', 'toy', 'game', 'stickers', 'tape', 'notebook', 'pen',
        'pencils', 'flower', 'garden', 'incense') || ')s?\b', 1), ''), 'other')  AS category,
    coalesce(title, product_id)                                     AS title,
    unit_price                                                      AS list_price,
    CASE WHEN day >= (SELECT min(day) FROM lines) + 28 THEN ts END  AS launched_at
FROM first_sales
