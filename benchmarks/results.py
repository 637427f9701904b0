"""What a backtest says, in the few tables of docs/results.md.

    baokuan backtest --home HOME --origins 6 --every 7d --horizon 7d --out out/results/NAME
    python benchmarks/results.py out/results/NAME

Every number is read from `backtest_metrics.parquet`, which the backtest wrote; nothing is computed but the relative
distance to the best rival. Figures are over all six origins; those of the locked one stand apart.
"""

import argparse
from pathlib import Path

import polars as pl

OURS, OWN_VARIANTS = "challenger", ("sales_as_demand", "plain_lightgbm_all")
MAIN = ("pinball", "pinball_all", "wape", "wape_all", "ap_all", "coverage80", "profit_share")
LESS, MORE = ("pinball", "pinball_all", "wape", "wape_all"), ("ap_all", "profit_share")
SPLITS = ("all", "known", "new", "capped", "uncapped", "small", "large")
OF_SPLITS = ("pinball_all", "wape_all", "bias_all", "ap_all", "brier_skill", "coverage80")
CHANCES = ("ap", "brier_skill", "reliability_slope", "reliability_intercept", "log_loss")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    told = pl.read_parquet(parser.parse_args().folder / "backtest_metrics.parquet")
    everything = _wide(told.filter(scope="all", split="all"))
    _print("all origins", everything.sort(pl.col("predictor") != OURS, "pinball_all"), MAIN)
    rivals = everything.filter(pl.col("predictor") != OURS)
    _against("every rival", everything, rivals)
    _against(
        "the rivals that are no variant of ours", everything, rivals.filter(~pl.col("predictor").is_in(OWN_VARIANTS))
    )
    locked = _wide(told.filter(scope="locked", split="all"))
    _print("the locked origin", locked.sort(pl.col("predictor") != OURS, "pinball_all").head(4), MAIN)
    _print("chances, all origins", everything.filter(predictor=OURS), CHANCES)
    for predictor in (OURS, "sales_as_demand"):
        parts = [_wide(told.filter(scope="all", split=split, predictor=predictor)) for split in SPLITS]
        named = [
            part.with_columns(predictor=pl.lit(name)) for name, part in zip(SPLITS, parts, strict=True) if part.height
        ]
        _print(f"{predictor} by kind of listing, all origins", pl.concat(named, how="diagonal"), OF_SPLITS)


def _wide(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.pivot("metric", index="predictor", values="value")


def _against(whom: str, everything: pl.DataFrame, rivals: pl.DataFrame) -> None:
    ours = everything.filter(predictor=OURS).row(0, named=True)
    print(f"\nbeside the best of {whom}:\n")
    for name in (*LESS, *MORE):
        if name in rivals.columns and rivals[name].count():
            best = rivals.drop_nulls(name).sort(name, descending=name in MORE).row(0, named=True)
            print(
                f"- {name}: {ours[name]:.4g}, {best['predictor']} {best[name]:.4g} ({ours[name] / best[name] - 1:+.1%})"
            )


def _print(title: str, rows: pl.DataFrame, columns: tuple[str, ...]) -> None:
    there = [name for name in columns if name in rows.columns]
    print(f"\n**{title}**\n\n| | {' | '.join(there)} |\n|{'---|' * (len(there) + 1)}")
    for row in rows.iter_rows(named=True):
        cells = ("" if row[name] is None else f"{row[name]:.3f}" for name in there)
        print(f"| {row['predictor']} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
