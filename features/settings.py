from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Phrase = Annotated[str, Field(min_length=1, max_length=40, pattern=r"[\p{L}\p{N}]")]
"""A word or a few, as viewers write it; signs alone say nothing."""


class Frozen(BaseModel):
    """A settings section: unknown keys are errors, and nothing changes after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Market(Frozen):
    """Where and in what money the sessions sell."""

    name: str = Field(description="name of the market, used to name experiments")
    timezone: str = Field(description="IANA name; whose midnight a business day has")
    currency: str = Field(description="ISO 4217 code of every amount in the landing zone")
    country: str = Field(description="ISO 3166 code; whose public holidays count")


class Festival(Frozen):
    """A shopping festival: a fixed day of the year and how many days before it people already buy."""

    name: str
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    lead_days: int = Field(ge=0, le=60)

    def on(self, year: int) -> date:
        """The festival's day in that year."""
        return date(year, self.month, self.day)


class FeatureSettings(Frozen):
    """What the features need to know beyond the data."""

    default_session_minutes: int = Field(gt=0, description="length of a session that states neither plan nor end")
    return_maturity_days: int = Field(gt=0, description="days after an order until most of its returns are in")
    festivals: tuple[Festival, ...]


class LabelSettings(Frozen):
    """What counts as a hit, and how far a sold-out listing's demand may be rebuilt."""

    hit_share: float = Field(gt=0, lt=1, description="share of listings that are hits")
    hit_window_days: int = Field(gt=0, description="days before the cutoff whose listings set the bar")
    settle_minutes: int = Field(ge=0, description="minutes after a session's end until its sales are final")
    max_rebuild: float = Field(ge=1, description="rebuilt demand is at most this many times the sales")
    min_available_share: float = Field(
        gt=0, le=1, description="below it a sold-out listing teaches nothing of its size"
    )


class Words(Frozen):
    """Words and phrases in Chinese and in English."""

    zh: tuple[Phrase, ...] = Field(max_length=500)
    en: tuple[Phrase, ...] = Field(max_length=500)


class Question(Frozen):
    """By which words a question is known."""

    asks: Words = Field(description="ask by themselves")
    about: Words = Field(description="ask where their clause asks, or has nothing else in it")


class Comments(Frozen):
    """The lexicon by which comments of viewers are counted per topic."""

    price_questions: Question
    size_questions: Question
    stock_questions: Question
    shipping_questions: Question
    complaints: Words
    praises: Words
    asking: Words = Field(description="make their clause a question")
    doubting: Words = Field(description="do so too, and take back the complaint or praise in it")
    exclaiming: Words = Field(description="only look like a question: a complaint or praise stands")
    negations: Words = Field(description="turn a praise that follows into a complaint, a complaint into a praise")
    ignored: Words = Field(description="neither complaint nor praise, though they look like one")


class Sensing(Frozen):
    """All that features and labels need: the market, the features' and the labels' settings, the comments' lexicon."""

    market: Market
    features: FeatureSettings
    labels: LabelSettings
    comments: Comments
