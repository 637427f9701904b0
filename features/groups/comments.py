"""What viewers say: questions, complaints and praise, counted by the lexicon in `configs/comments.yaml`."""

from features.feature import Feature
from features.vocabulary import last, per_listing, ratio, total

_count = (0, 1e10, "comments", "zero")
_mean = (0, 1e10, "comments", "unknown")
_share = (0, 1, "share", "unknown")
_TOPICS = {
    "price_questions": "questions about the price",
    "size_questions": "questions about sizes",
    "stock_questions": "questions about stock",
    "shipping_questions": "questions about shipping",
    "complaints": "complaints",
    "praises": "praise",
}

NOW = tuple(
    feature
    for topic, words in _TOPICS.items()
    for feature in (
        Feature(f"session_{topic}_15m", f"the room's {words} in 15 minutes", total("session", topic, "15m"), *_count,
            f"The whole room's {words} in 15 minutes."),
        Feature(f"listing_{topic}_15m", f"its {words} in 15 minutes", total("listing", topic, "15m"), *_count,
            f"The listing's {words} in 15 minutes."),
        Feature(f"listing_{topic}_ever", f"its {words} so far", total("listing", topic, "ever"), *_count,
            f"The listing's {words} in the session so far."),
    )
)  # fmt: skip

PAST = (
    *(
        Feature(f"{topic}_28d", f"{words} a showing", per_listing("product", topic, "28d"), *_mean,
            f"The product's {words} per showing in 28 days.")
        for topic, words in _TOPICS.items()
    ),
    Feature("complaints_last", "complaints last time", last("product", "complaints"), *_mean,
        "Complaints in its last showing."),
    Feature("complaint_share_28d", "complaints among its comments",
        ratio(total("product", "complaints", "28d"), total("product", "comments", "28d")), *_share,
        "Share of the product's comments of 28 days that complain."),
    Feature("praise_share_28d", "praise among its comments",
        ratio(total("product", "praises", "28d"), total("product", "comments", "28d")), *_share,
        "Share of the product's comments of 28 days that praise."),
    Feature("stock_question_share_28d", "questions about stock among its comments",
        ratio(total("product", "stock_questions", "28d"), total("product", "comments", "28d")), *_share,
        "Share of the product's comments of 28 days that ask about stock."),
    Feature("category_complaint_share_28d", "complaints in its category",
        ratio(total("category", "complaints", "28d"), total("category", "comments", "28d")), *_share,
        "Share of its category's comments of 28 days that complain."),
    Feature("supplier_complaint_share_28d", "complaints about its supplier's goods",
        ratio(total("supplier", "complaints", "28d"), total("supplier", "comments", "28d")), *_share,
        "Share of the comments on its supplier's products of 28 days that complain."),
)  # fmt: skip
