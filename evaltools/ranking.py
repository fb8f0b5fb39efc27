"""Composite rankings of objects by several indicators, on plain arrays or DataFrames; the methods lie in modules.

`rank_sum_ratio`, `topsis_method`, `composite_indices`, `indicator_weights`, `normalisation`. Every pandas result says
how it was made: `attrs["convention"]` is a sentence, `attrs["settings"]` a dict of the choices.
"""

from __future__ import annotations

from evaltools.composite_indices import class_indices, composite_index, weighted_sum
from evaltools.indicator_weights import (
    Consistency,
    ahp_consistency,
    ahp_weights,
    critic_weights,
    entropy_weights,
    equal_weights,
    expert_weights,
    standard_deviation_weights,
)
from evaltools.normalisation import Outranking, goalposts, minmax, normalise, outranking, winsorise
from evaltools.rank_sum_ratio import Distribution, Regression, ranks, rsr, rsr_distribution, tier_sizes
from evaltools.topsis_method import topsis

__all__ = [
    "Consistency",
    "Distribution",
    "Outranking",
    "Regression",
    "ahp_consistency",
    "ahp_weights",
    "class_indices",
    "composite_index",
    "critic_weights",
    "entropy_weights",
    "equal_weights",
    "expert_weights",
    "goalposts",
    "minmax",
    "normalise",
    "outranking",
    "ranks",
    "rsr",
    "rsr_distribution",
    "standard_deviation_weights",
    "tier_sizes",
    "topsis",
    "weighted_sum",
    "winsorise",
]
