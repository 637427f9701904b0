"""Short codes in a paper's cells: what they are called and what they mean."""

from dataclasses import dataclass

from stocking.papers.paper import Audience
from stocking.papers.words import marked


@dataclass(frozen=True)
class Code:
    """One code, for people: its name, and what it means."""

    label: str
    meaning: str


FLAGS = {
    "late_to_order": Code(
        marked("late to order"), marked("The order-by date has passed: an order placed now may miss the session.")
    ),
    "new_product": Code(marked("new product"), marked("Never shown before: its forecast rests on products like it.")),
    "capped_last_time": Code(
        marked("sold out last time"), marked("Demand was capped last time: more might have been sold.")
    ),
    "default_cost": Code(marked("cost assumed"), marked("Its cost is not known: a share of the price is used.")),
}

ROLES = {
    "traffic": Code(
        marked("traffic"), marked("Brings viewers in: costs no more than most in its session and sells no less.")
    ),
    "main": Code(
        marked("main"), marked("Brings the most sales: the fifth of the products with the greatest turnover.")
    ),
    "profit": Code(marked("profit"), marked("Earns: of the rest, the fifth that keeps most of its price.")),
    "regular": Code(marked("regular"), marked("Rounds off the show: all others.")),
}

CHANGES = {
    "new": Code(marked("new"), marked("Was not on the last list.")),
    "gone": Code(marked("gone"), marked("Was on the last list, its session is still ahead.")),
    "more_units": Code(marked("more units"), marked("More is to be ordered than on the last list.")),
    "fewer_units": Code(marked("fewer units"), marked("Less is to be ordered than on the last list.")),
    "order_later": Code(marked("order later"), marked("The order can wait longer than on the last list.")),
    "order_earlier": Code(marked("order earlier"), marked("The order must be placed earlier than on the last list.")),
}

LIMITS = {
    "budget": marked("budget"),
    "capacity": marked("capacity"),
    "volume": marked("warehouse"),
    "products": marked("products"),
}
"""What the plan has to keep to."""

UNITS = {"units": marked("units"), "litres": marked("litres"), "products": marked("products")}
"""What limits are counted in."""

LEGENDS: dict[Audience, dict[str, Code]] = {
    "merchant": FLAGS | CHANGES,
    "supplier": {},
    "logistics": {},
    "anchor": ROLES,
}
"""The codes that a reader meets, to be explained."""

CODES: dict[str, dict[str, Code]] = {"flags": FLAGS, "role": ROLES, "change": CHANGES}
"""By the column in which they stand; a value that is no code is shown as it is."""
