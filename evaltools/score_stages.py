"""Scores as reported, verified and final side by side."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evaltools import datasets
from evaltools.datasets import Data
from evaltools.ledger import STAGES
from evaltools.measures import indicators
from evaltools.scored_figures import as_scored, scorer
from evaltools.scoring import totals

KEY = ["period", "area", "unit", "section"]
COLUMNS = [*KEY, "full", *STAGES, *(f"{stage}_grade" for stage in STAGES), "verification", "appeal", "change"]


def load_stages(data: Data, every: str, benchmark: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the totals of the areas of `data` at every stage; it is read again for the two stages it is not at.

    `benchmark` is what rules that compare with the region use at all three: it is not computed again.
    Raises ValueError without a standard.
    """
    if data.standard is None:
        raise ValueError("a dataset without a standard has no scores")
    found: dict[str, pd.DataFrame] = {}
    for stage in STAGES:
        own = data
        if stage != data.stage:
            own = datasets.load(str(data.folder), data.area, stage, data.standard_name or None)
        assert own.standard is not None  # the same name was read before
        ind = indicators(own, every)
        ind = as_scored(own, own.standard, ind)
        found[stage] = totals(scorer(own, own.standard, every, benchmark)(ind), own.standard, own.judgements)
    return found


def score_stages(of_stage: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Set the totals of the three stages side by side.

    of_stage: `reported`, `verified` and `final`, each of `scoring.totals`.

    One row per period, area, unit and section in the order of the last stage, the total (section "") last; columns
    `COLUMNS`: points and grade of each stage, verification = verified − reported, appeal = final − verified, change =
    final − reported. NaN and "" where a stage has no such row or no points. Raises ValueError if a stage is absent.
    """
    if absent := [stage for stage in STAGES if stage not in of_stage]:
        raise ValueError(f"no totals of the stage {', '.join(absent)}")
    last = of_stage[STAGES[-1]]
    result = last[[*KEY, "full"]].reset_index(drop=True)
    for stage in STAGES:
        own = of_stage[stage][[*KEY, "points", "grade"]].rename(columns={"points": stage, "grade": f"{stage}_grade"})
        result = result.merge(own, on=KEY, how="left")
        result[f"{stage}_grade"] = result[f"{stage}_grade"].fillna("")
    # points are printed decimals: what differs after the ninth is how a computer subtracts
    differences = (("verification", 0, 1), ("appeal", 1, 2), ("change", 0, 2))
    steps = {name: (result[STAGES[b]] - result[STAGES[a]]).round(9) for name, a, b in differences}
    return result.assign(**steps)[COLUMNS]


def moved(stages: pd.DataFrame) -> bool:
    """Whether verification or appeal changed any points."""
    return bool((stages[["verification", "appeal"]].fillna(0) != 0).any(axis=None))
