"""How a workbook looks: colours, letters, number formats and widths, as plain values."""

from stocking.papers.columns import Kind
from stocking.papers.style import Language

Look = dict[str, object]

TEAL, PALE_TEAL, LINE, GREY, AMBER, YELLOW, RED = (
    "#1F5563", "#BFDAD8", "#E1E7EA", "#97A3A9", "#B7791F", "#FFF7DB", "#B4442F",
)  # fmt: skip
FONTS: dict[Language, str] = {"en": "Calibri", "zh-CN": "Microsoft YaHei"}
NUMBER: dict[Kind, str] = {
    "units": "#,##0",
    "amount": "[=0]0;[<9.95]0.0;#,##0",
    "money": "#,##0;[Red]-#,##0",
    "price": "#,##0.00",
    "share": "0%",
    "day": "yyyy-mm-dd",
    "hour": '00":00"',
    "instant": "yyyy-mm-dd hh:mm",
    "id": "@",
}
WIDTHS: dict[Kind, float] = {
    "text": 16, "id": 13, "words": 30, "remarks": 60, "code": 12, "codes": 20, "units": 9, "amount": 9, "money": 12,
    "price": 9, "share": 9, "day": 12, "hour": 8, "instant": 16,
}  # fmt: skip
WIDE = {"title": 28.0, "note": 20.0, "rank": 6.0, "order": 6.0, "finding": 90.0, "topic": 24.0, "session_id": 16.0}
CENTRED: frozenset[Kind] = frozenset({"code", "day", "hour", "instant"})
RIGHT: frozenset[Kind] = frozenset({"units", "amount", "money", "price", "share"})
TEXTS: tuple[Kind, ...] = ("text", "words", "remarks", "code", "codes")


def looks(language: Language) -> dict[str, Look]:
    """Every look that a sheet uses, by name."""
    letters = {"font_name": FONTS[language], "font_size": 10, "valign": "vcenter"}
    cell = letters | {"bottom": 1, "bottom_color": LINE}
    head = letters | {"bold": True, "font_color": "#FFFFFF", "text_wrap": True, "align": "center"}
    yours = {"bg_color": YELLOW, "border": 1, "border_color": "#E8D48A", "locked": False}
    return {
        **{kind: cell | _alignment(kind) | {"num_format": number} for kind, number in NUMBER.items()},
        **{kind: cell | _alignment(kind) | {"quote_prefix": True} for kind in TEXTS},
        "words": cell | _alignment("words") | {"quote_prefix": True, "text_wrap": True},
        "your units": cell | yours | _alignment("units") | {"num_format": NUMBER["units"], "bold": True},
        "your text": cell | yours | _alignment("text"),
        "head": head | {"bg_color": TEAL},
        "your head": head | {"bg_color": AMBER},
        "name": letters | {"font_size": 7, "font_color": GREY, "align": "center", "bottom": 1, "bottom_color": LINE},
        "title": letters | {"font_size": 16, "bold": True, "font_color": TEAL},
        "section": letters | {"font_size": 11, "bold": True, "font_color": TEAL, "bottom": 1, "bottom_color": TEAL},
        "plain": letters,
        "late": {"font_color": RED, "bold": True},
    }


def _alignment(kind: Kind) -> Look:
    """Moments and short names stand in the middle, numbers right, text left, with a little air beside them."""
    if kind in CENTRED:
        return {"align": "center"}
    return {"align": "right" if kind in RIGHT else "left", "indent": 1}
