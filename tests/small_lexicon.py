"""A lexicon of a few words, for whoever needs one."""

from features.settings import Comments, Question, Words


def said(*phrases: str) -> Words:
    """Chinese and English alike: the languages are kept apart for the reader only."""
    return Words(
        zh=tuple(one for one in phrases if not one.isascii()), en=tuple(one for one in phrases if one.isascii())
    )


def question(*, asks: Words, about: Words) -> Question:
    return Question(asks=asks, about=about)


LEXICON = Comments(
    price_questions=question(asks=said("多少钱", "how much"), about=said("价格", "贵", "price")),
    size_questions=question(asks=said("穿什么码"), about=said("尺码", "码", "size")),
    stock_questions=question(asks=said("还有吗"), about=said("有货", "in stock")),
    shipping_questions=question(asks=said("几天到"), about=said("发货", "ship")),
    complaints=said(
        "掉色", "坏了", "太慢", "贵", "没收到", "不退款", "退款", "broken", "bad", "looks cheap", "too late"
    ),
    praises=said("好看", "喜欢", "质量好", "正品", "不错", "good", "love", "cheap"),
    asking=said("什么", "怎么", "how", "when"),
    doubting=said("吗", "哪个", "is it"),
    exclaiming=said("怎么这么", "why"),
    negations=said("不", "没有", "不是", "not", "don't"),
    ignored=said("不好意思", "good morning"),
)
