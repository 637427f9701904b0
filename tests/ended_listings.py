"""Listings that are over, of one product, with what was sold of them and what came back."""

import polars as pl


def ended(sold, back, ripe):
    rows = len(sold)
    return pl.DataFrame(
        {
            "session_id": [str(number) for number in range(rows)],
            "product_id": ["p"] * rows,
            "sales_units": sold,
            "returned_units": back,
            "return_matured": ripe,
        }
    )
