"""A dataset scored by its standard: the figures as the standard wants them, and everything else scoring asks for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pandas as pd

from evaltools.datasets import Data
from evaltools.measures import indicators
from evaltools.scoring import score
from evaltools.standards import Standard
from evaltools.unit_weights import needs_units, unit_weights


def figures_for(data: Data, standard: Standard | None, every: str) -> pd.DataFrame:
    """Return the indicators of a dataset, with rows of units where the standard looks at them."""
    of_units = standard is not None and (needs_units(standard) or standard.authenticity is not None)
    return indicators(data, every, units=of_units)


def as_scored(data: Data, standard: Standard, ind: pd.DataFrame) -> pd.DataFrame:
    """Return indicators as a standard scores them: corrected by the dataset's samples where it asks for that.

    ind: rows of areas and of units, as reported. See `authenticity.corrected`.
    """
    rule = standard.authenticity
    if rule is None or data.samples.empty:
        return ind
    from evaltools.authenticity import corrected  # scipy, which others need not wait for

    catalogue, units = data.catalogue, data.units
    confidence, tolerance = float(rule.confidence) / 100, float(rule.tolerance) / 100
    found = corrected(ind, data.samples, confidence, tolerance, catalogue=catalogue, units=units)
    return found[list(ind.columns)]


def scorer(
    data: Data, standard: Standard, every: str, benchmark: pd.DataFrame | None = None
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return `ev.score` with all that a dataset gives it: indicators in, points out."""
    return partial(
        score,
        standard=standard,
        targets=data.targets,
        judgements=data.judgements,
        benchmark=benchmark,
        weights=unit_weights(data, standard, every),
    )
