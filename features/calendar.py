"""Days as shoppers know them: weekdays, public holidays, shopping festivals."""

from datetime import date, timedelta

import holidays
import polars as pl

from features.settings import Festival, Sensing

FAR_DAYS = 60  # beyond it a holiday is no longer near


def days(first: date, last: date, settings: Sensing) -> pl.DataFrame:
    """One row per local day: whether it is a public holiday, and how near holidays and festivals are, in days."""
    years = range(first.year - 1, last.year + 2)
    public = sorted(holidays.country_holidays(settings.market.country, years=list(years)))
    festive = [(f.on(year), f.lead_days) for year in years for f in settings.features.festivals if _exists(f, year)]
    table = pl.DataFrame({"day": pl.date_range(first, last, "1d", eager=True)})
    near = pl.DataFrame({"day": public}, schema={"day": pl.Date}).with_columns(holiday=pl.col("day")).sort("day")
    feasts = pl.DataFrame(
        {"festival": [d for d, _ in festive], "lead": [lead for _, lead in festive]},
        schema={"festival": pl.Date, "lead": pl.Int64},
    ).sort("festival")
    return (
        table.join_asof(near, on="day", strategy="backward", coalesce=True)
        .rename({"holiday": "holiday_before"})
        .join_asof(near, on="day", strategy="forward", coalesce=True)
        .join_asof(feasts, left_on="day", right_on="festival", strategy="forward", coalesce=False)
        .select(
            "day",
            is_holiday=(pl.col("holiday") == pl.col("day")).fill_null(False),
            days_to_holiday=_gap("holiday", "day"),
            days_from_holiday=_gap("day", "holiday_before"),
            days_to_festival=_gap("festival", "day"),
            in_festival=(_gap("festival", "day") <= pl.col("lead")).fill_null(False),
        )
    )


def _gap(later: str, earlier: str) -> pl.Expr:
    return (pl.col(later) - pl.col(earlier)).dt.total_days().clip(0, FAR_DAYS).fill_null(FAR_DAYS)


def _exists(festival: Festival, year: int) -> bool:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return not (festival.month == 2 and festival.day == 29) or leap  # noqa: PLR2004


def with_calendar(rows: pl.DataFrame, settings: Sensing) -> pl.DataFrame:
    """Rows with the calendar of their `scheduled_at` in the market's time zone."""
    local = pl.col("scheduled_at").dt.convert_time_zone(settings.market.timezone)
    dated = rows.with_columns(
        day=local.dt.date(),
        weekday=local.dt.weekday().cast(pl.Int64),
        hour=local.dt.hour() + local.dt.minute() / 60,
        day_of_month=local.dt.day(),
        day_of_year=local.dt.ordinal_day(),
    )
    known = dated["day"].drop_nulls()
    first, last = (known.min(), known.max()) if len(known) else (date(2000, 1, 1), date(2000, 1, 1))
    if not (isinstance(first, date) and isinstance(last, date)):
        raise TypeError("a calendar needs dates")
    return dated.join(days(first - timedelta(days=1), last, settings), on="day", how="left", maintain_order="left")
