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
    return indicators(data, every, units=standard is not None and (needs_units(standard) or corrects(data, standard)))


def corrects(data: Data, standard: Standard) -> bool:
    """Whether samples correct what is scored: the standard asks for it, and there are some."""
    return standard.authenticity is not None and not data.samples.empty


def corrected_figures(data: Data, standard: Standard, ind: pd.DataFrame) -> pd.DataFrame:
    """Return indicators corrected by the dataset's samples as its standard says; see `authenticity.corrected`."""
    from evaltools.authenticity import corrected  # scipy, which others need not wait for

    rule = standard.authenticity
    assert rule is not None  # asked before, by `corrects`
    catalogue, units = data.catalogue, data.units
    confidence, tolerance = float(rule.confidence) / 100, float(rule.tolerance) / 100
    return corrected(ind, data.samples, confidence, tolerance, catalogue=catalogue, units=units)


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
