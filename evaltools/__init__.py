"""Reproducible evaluation of county public-health services.

    import evaltools as ev
    data = ev.load("example", area="990101")
    ind = ev.indicators(data, every="year")

Names are imported when first used, so that a command line that only prints its help does not wait for pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaltools import (
        benchmarks,
        changes,
        charts,
        contributions,
        control_limits,
        decomposition,
        disclosure,
        forecasts,
        growth,
        periods,
        progress,
        quality,
        ranking,
        rates,
        scoring,
        standards,
        trends,
        wording,
    )
    from evaltools.benchmarks import benchmark
    from evaltools.changes import year_on_year
    from evaltools.datasets import Data, load
    from evaltools.disclosure import suppress
    from evaltools.measures import indicators
    from evaltools.problems import InputError
    from evaltools.publishing import Publish
    from evaltools.quality import check
    from evaltools.regions import region_figures
    from evaltools.scoring import score
    from evaltools.trends import trend

_HOME = {
    "Data": "datasets",
    "InputError": "problems",
    "Publish": "publishing",
    "benchmark": "benchmarks",
    "check": "quality",
    "indicators": "measures",
    "load": "datasets",
    "region_figures": "regions",
    "score": "scoring",
    "suppress": "disclosure",
    "trend": "trends",
    "year_on_year": "changes",
}
_MODULES = (
    "benchmarks",
    "changes",
    "charts",
    "contributions",
    "control_limits",
    "decomposition",
    "disclosure",
    "forecasts",
    "growth",
    "periods",
    "progress",
    "quality",
    "ranking",
    "rates",
    "scoring",
    "standards",
    "trends",
    "wording",
)

__all__ = [
    "Data",
    "InputError",
    "Publish",
    "benchmark",
    "benchmarks",
    "changes",
    "charts",
    "check",
    "contributions",
    "control_limits",
    "decomposition",
    "disclosure",
    "forecasts",
    "growth",
    "indicators",
    "load",
    "periods",
    "progress",
    "quality",
    "ranking",
    "rates",
    "region_figures",
    "score",
    "scoring",
    "standards",
    "suppress",
    "trend",
    "trends",
    "wording",
    "year_on_year",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(f"evaltools.{name}")
    if name in _HOME:
        return getattr(import_module(f"evaltools.{_HOME[name]}"), name)
    raise AttributeError(f"module 'evaltools' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
