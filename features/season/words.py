"""What is sold and what is said in a simulated room: categories, comments, reasons for returns."""

from typing import NamedTuple


class Category(NamedTuple):
    """A kind of goods: its path, its word in titles, its usual price and how it behaves."""

    path: str
    word: str
    price: float
    elasticity: float
    return_share: float
    sized: bool


CATEGORIES = (
    Category("apparel/women/dress", "连衣裙", 189.0, 2.2, 0.34, sized=True),
    Category("apparel/women/knitwear", "针织衫", 149.0, 2.0, 0.30, sized=True),
    Category("apparel/men/shirt", "衬衫", 129.0, 1.8, 0.22, sized=True),
    Category("shoes/sneakers", "运动鞋", 259.0, 1.9, 0.24, sized=True),
    Category("beauty/skincare", "精华液", 169.0, 1.4, 0.06, sized=False),
    Category("beauty/makeup", "口红", 89.0, 1.7, 0.08, sized=False),
    Category("food/snacks", "坚果礼盒", 49.0, 2.6, 0.02, sized=False),
    Category("food/tea", "龙井茶", 119.0, 1.2, 0.03, sized=False),
    Category("home/kitchen", "不粘锅", 139.0, 1.6, 0.08, sized=False),
    Category("home/bedding", "四件套", 239.0, 1.5, 0.13, sized=False),
    Category("digital/audio", "蓝牙耳机", 199.0, 1.8, 0.11, sized=False),
    Category("kids/toys", "积木", 79.0, 2.1, 0.09, sized=False),
)

STYLES = ("春季", "经典", "轻奢", "爆款", "新中式", "简约", "旗舰", "限定")
PLATFORMS = ("video_app", "shop_app", "social_app")
REASONS = ("changed_mind", "quality", "size", "not_as_described", "late_delivery")

ASKING = (
    "多少钱",
    "还有货吗",
    "怎么买",
    "how much is it",
    "is it still in stock?",
    "有优惠券吗",
    "link please",
    "什么时候发货",
    "when do you ship?",
)
ASKING_SIZE = ("160斤能穿吗", "which size fits 60kg?", "尺码偏大吗", "有XL吗")
PRAISE = ("回购三次了，好用", "质量很好", "love it, bought again", "主播推荐的都不错", "very soft, great quality")
COMPLAINT = ("质量差 已退货", "色差太大了", "arrived broken", "发货太慢了", "not as described", "上次买的坏了", "掉色")
CHATTER = ("来了来了", "主播好", "hello from Hangzhou", "包邮吗", "666", "good evening", "运费谁出")

COMMENTS = (*ASKING, *ASKING_SIZE, *PRAISE, *COMPLAINT, *CHATTER)


def places(phrases: tuple[str, ...]) -> tuple[int, int]:
    """Where a group of phrases stands among all comments: first place, and the one after its last."""
    first = COMMENTS.index(phrases[0])
    return first, first + len(phrases)
