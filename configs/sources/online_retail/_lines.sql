-- Every invoice line about a product, with a key and its instant in UTC; the other files read it as `lines`.
-- Source: UCI Online Retail (Chen 2015, doi 10.24432/C5BW33); CC0 in the copy used here.
-- Choices:
-- * A product's code begins with five digits or with DCGS. The others are postage, fees, vouchers, samples, corrections.
--   Upper and lower case are one code (85123a, 85123A).
-- * The data have no line key: lines of an invoice and code are numbered. 5,268 lines repeat another one exactly and are
--   kept: where an invoice has a code twice, the quantities are equal in 49% of cases and would be in 42% by chance,
--   so nearly all of them are second lines and not second deliveries. Equal lines may swap numbers without any effect.
-- * Invoice times are the shop's local time without a zone.
SELECT
    InvoiceNo || '-' || upper(trim(StockCode)) || '-' || row_number() OVER (
        PARTITION BY InvoiceNo, upper(trim(StockCode))
        ORDER BY InvoiceDate, Quantity, UnitPrice, CustomerID, Description
    )                                                               AS line_id,
    InvoiceNo LIKE 'C%'                                             AS is_cancellation,
    upper(trim(StockCode))                                          AS product_id,
    CustomerID                                                      AS customer,
    trim(Description)                                               AS title,
    Quantity                                                        AS units,
    round(UnitPrice, 4)                                             AS unit_price,
    InvoiceDate::DATE                                               AS day,
    InvoiceDate AT TIME ZONE 'Europe/London'                        AS ts,
    Quantity > 0 AND UnitPrice > 0                                  AS is_sale
FROM read_parquet(raw('online_retail.parquet'))
WHERE regexp_matches(upper(trim(StockCode)), '^([0-9]{5}|DCGS)')
