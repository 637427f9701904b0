"""What people say of a product, for those who will show it: what viewers ask, what to be ready for, how they buy."""

from datetime import datetime, timedelta

import polars as pl

from features.comments import TOPICS
from features.condensed import ACTED, condensed
from features.contracts import Tables
from features.known import ALWAYS, at, facts, versions
from features.ledger import minute_of
from features.settings import Comments

MOST = 3
"""Questions, and complaints, of one product."""

DAYS = 90
"""Before the cutoff: what was asked or blamed earlier may concern another batch, another season."""

ENOUGH_ORDERS = 20
"""Of a product, to know how many units its buyers take at once; with fewer, those of its category tell."""

REASON_CHARACTERS = 40

_ASKED = {topic: topic.removesuffix("_questions") for topic in TOPICS if topic.endswith("_questions")}
_BLAMED = {"complaints": "complaints of viewers"}


def voices(tables: Tables, listings: pl.DataFrame, lexicon: Comments) -> pl.DataFrame:
    """What viewers and buyers have told of each product that will be shown.

    Args:
        tables: the landing tables, events condensed or not.
        listings: product_id, category and the one `cutoff` of all; only what was known strictly before it counts.
        lexicon: by which comments are counted where the events are not condensed yet.

    Returns:
        One row per product, sorted by product_id: `questions` and `complaints` (lists of at most `MOST` phrases such as
        "size (34)", the most frequent first) and `units_an_order` (mean units of an order, at least 1; null where
        neither the product nor its category was ever ordered).

    Raises:
        ValueError: the listings have more than one cutoff.
    """
    products = listings.select("product_id", "category", "cutoff").sort("product_id", "category").unique("product_id")
    if products["cutoff"].n_unique() > 1:
        raise ValueError(f"found {products['cutoff'].n_unique()} cutoffs, expected listings of one")
    cutoff: datetime = products.select(pl.col("cutoff").max()).item() or ALWAYS
    orders = facts(tables["orders"], "orders").filter(pl.col("known_at") < cutoff)
    comments = _comments(condensed(tables, lexicon)[ACTED], cutoff)
    complaints = pl.concat([_topics(comments, _BLAMED), _reasons(tables, orders, cutoff)])
    return (
        products.join(_phrases(_topics(comments, _ASKED), "questions"), on="product_id", how="left")
        .join(_phrases(complaints, "complaints"), on="product_id", how="left")
        .join(_units_an_order(products, orders, tables), on="product_id", how="left")
        .select("product_id", pl.col("questions", "complaints").fill_null([]), "units_an_order")
        .sort("product_id")
    )


def _comments(acted: pl.DataFrame, cutoff: datetime) -> pl.DataFrame:
    """How often each topic was touched in comments on a product; a minute counts once it is over, as in features."""
    first, end = (minute_of(pl.lit(instant)) for instant in (cutoff - timedelta(days=DAYS), cutoff))
    recent = acted.lazy().filter(pl.col("product_id").is_not_null(), pl.col("minute").is_between(first, end, "left"))
    return recent.group_by("product_id").agg(pl.col(TOPICS).sum()).collect()


def _topics(comments: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    """product_id, `what` is said and how many `times`, of some topics under the names by which people know them."""
    said = comments.select("product_id", *(pl.col(topic).alias(name) for topic, name in names.items()))
    return said.unpivot(index="product_id", variable_name="what", value_name="times")


def _reasons(tables: Tables, orders: pl.DataFrame, cutoff: datetime) -> pl.DataFrame:
    """The same of why a product came back; what a buyer wrote is cut short and kept to one line."""
    came_back = facts(tables["returns"], "returns").filter(
        pl.col("known_at") < cutoff, pl.col("known_at") >= cutoff - timedelta(days=DAYS)
    )
    visible = pl.col("reason").str.replace_all(r"[\s\p{C}]+", " ").str.strip_chars()
    reason = visible.str.slice(0, REASON_CHARACTERS).str.strip_chars()
    return (
        came_back.join(orders.select("order_id", "product_id"), on="order_id")
        .with_columns(reason)
        .filter(pl.col("reason") != "")
        .group_by("product_id", what=pl.lit("came back: ") + pl.col("reason"))
        .agg(times=pl.len().cast(pl.Int64))
    )


def _phrases(said: pl.DataFrame, name: str) -> pl.DataFrame:
    """product_id and a list of what is said of it most."""
    return (
        said.filter(pl.col("times") > 0)
        .sort("product_id", -pl.col("times"), "what")
        .group_by("product_id", maintain_order=True)
        .agg(pl.format("{} ({})", "what", "times").head(MOST).alias(name))
    )


def _units_an_order(products: pl.DataFrame, orders: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """product_id and the mean units of its orders, or of its category's where it has few."""
    bought = orders.group_by("product_id").agg(orders=pl.len(), units=pl.col("units").sum())
    named = bought.join(products.select("cutoff").unique(), how="cross").pipe(
        at, versions(tables["products"], "products"), ("product_id",)
    )
    kin = (
        named.filter(pl.col("category").is_not_null())
        .group_by("category")
        .agg(units_of_kin=(pl.col("units").sum() / pl.col("orders").sum()))
    )
    own = pl.col("units") / pl.col("orders")
    return (
        products.join(bought, on="product_id", how="left")
        .join(kin, on="category", how="left")
        .select(
            "product_id",
            units_an_order=pl.when(pl.col("orders") >= ENOUGH_ORDERS)
            .then(own)
            .otherwise(pl.coalesce("units_of_kin", own)),
        )
    )
