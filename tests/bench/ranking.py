"""A country's counties scored and their ranking drawn again, beside a rescoring in every draw.

    python tests/bench/ranking.py [--areas 3000] [--lines 60] [--simulations 1000]

Prints seconds: `ev.score` of all counties, the total of every draw, the ranks of every draw; then what one draw costs
here and by drawing every numerator anew and calling `ev.score` and `scoring.totals` for it, timed on a few draws. The
mean and the spread of the totals of the two sides are compared on those. The figures are made up.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import numpy as np
import pandas as pd

from evaltools.rank_uncertainty import rank_intervals, simulate
from evaltools.scoring import score, totals
from evaltools.standards import Grade, Line, Rounding, Section, Standard

Result = TypeVar("Result")

RULES = (
    ("proportional", {"target": Decimal(90)}),
    ("threshold", {"lower": Decimal(40), "upper": Decimal(95)}),
    ("per_point", {"target": Decimal(90), "deduct": Decimal("0.02")}),
    ("per_step", {"target": Decimal(95), "step": Decimal(5), "deduct": Decimal("0.1"), "steps": "whole"}),
    (
        "bands",
        {
            "bands": (
                {"to": Decimal(60), "points": Decimal(0)},
                {"from": Decimal(60), "to": Decimal(85), "points": Decimal(1)},
                {"from": Decimal(85), "points": Decimal(2)},
            )
        },
    ),
)


def standard(lines: int) -> Standard:
    """A standard of that many lines of 2 points, by five rules in turn."""
    found = [
        Line(
            *(f"l{at:02d}", "", "", f"i{at:02d}", "", "up", 100, RULES[at % 5][0], Decimal(2), RULES[at % 5][1]),
            *("made up", "general", "zero", "exclude"),
        )
        for at in range(lines)
    ]
    total = Decimal(2 * lines)
    grades = (Grade("all", "", "", Decimal(0)),)
    sections = (Section("s", "", "", total, tuple(found)),)
    rounding = Rounding(2, "half_up", "line")
    return Standard("made_up", "", "", total, "made up", "general", sections, grades, rounding, "zero", "exclude")


def frame(areas: int, lines: int) -> pd.DataFrame:
    """Proportions of between 400 and 160,000 people, one in fifty not reported."""
    random = np.random.default_rng(20241231)
    shape = (areas, lines)
    size = np.rint(np.exp(random.uniform(6, 12, shape)))
    count = random.binomial(size.astype(np.int64), random.uniform(0.5, 0.98, shape)).astype(float)
    count[random.random(shape) < 0.02] = np.nan
    keys = pd.MultiIndex.from_product(
        [[f"{100_000 + at}" for at in range(areas)], [f"i{at:02d}" for at in range(lines)]]
    )
    found = keys.to_frame(index=False, name=["area", "indicator"])
    found = found.assign(period="2024", unit="", definition="", numerator=count.ravel(), denominator=size.ravel())
    found["denominator"] = found["denominator"].where(found["numerator"].notna())
    found["value"] = found["numerator"] / found["denominator"] * 100
    return found.assign(reason=np.where(found["value"].isna(), "not reported", ""))


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def redrawn(ind: pd.DataFrame, made: Standard, random: np.random.Generator) -> np.ndarray:
    """The totals of one draw, the long way."""
    known = ind["value"].notna()
    x, n = ind.loc[known, "numerator"], ind.loc[known, "denominator"]
    rows = ind.copy()
    rows.loc[known, "numerator"] = random.beta(x + 0.5, n - x + 0.5) * n
    rows["value"] = rows["numerator"] / rows["denominator"] * 100
    sums = totals(score(rows, made), made)
    return sums.loc[sums["section"] == "", "points"].to_numpy()


def main() -> None:
    """Make the figures and run both sides over them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, number in (("areas", 3000), ("lines", 60), ("simulations", 1000), ("naive", 3)):
        parser.add_argument(f"--{name}", type=int, default=number)
    options = parser.parse_args()
    made, ind = standard(options.lines), frame(options.areas, options.lines)
    catalogue = pd.DataFrame(
        {"indicator": ind["indicator"].unique(), "valid_from": "", "kind": "proportion", "per": 100}
    )
    print(f"{options.areas:,} counties, {options.lines} lines, {os.cpu_count()} processors")
    seconds, points = timed(lambda: score(ind, made))
    print(f"score  {'all counties':20} {seconds:8.2f} s")
    drawing, draws = timed(
        lambda: simulate(ind, made, catalogue, period="2024", simulations=options.simulations, points=points)
    )
    print(f"ours   {f'{options.simulations:,} draws':20} {drawing:8.2f} s")
    ranking, _ = timed(lambda: rank_intervals(draws))
    print(f"ours   {'their ranks':20} {ranking:8.2f} s")
    random = np.random.default_rng(1)
    seconds, naive = timed(lambda: np.array([redrawn(ind, made, random) for _ in range(options.naive)]))
    each = seconds / options.naive
    print(f"naive  {'one draw':20} {each:8.2f} s, by a sample of {options.naive}")
    print(f"ratio  {each * options.simulations / (drawing + ranking):.0f} times")
    apart = naive - draws.totals.mean(axis=0)
    spread = draws.totals.std(axis=0)
    apart_by = np.sqrt(((apart / spread) ** 2).mean())
    print(f"naive totals beside ours: mean {apart.mean():+.4f} points, root mean square {apart_by:.3f} deviations")


if __name__ == "__main__":
    main()
