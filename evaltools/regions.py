"""What all counties of a region share: their indicators, benchmark, scores and ranks, computed once a run."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd

from evaltools import object_views, periods
from evaltools.benchmarks import benchmark, league
from evaltools.datasets import Data
from evaltools.returns_store import SHARED
from evaltools.scored_figures import as_scored, figures_for, scorer
from evaltools.scoring import totals


@dataclass(frozen=True)
class RegionFigures:
    """Figures of a region's counties, one frequency.

    indicators: area rows of `ev.indicators`, counties and the region itself. benchmark: `ev.benchmark` of the
    counties. points: `ev.score` of the counties. totals: sections and totals of the scores. league: rank,
    previous rank and change of each county. The last three are empty without a standard.

    public: for the audience `public`, every figure that may be published (`audiences.public_figures`), empty for
    others; the figures above are then made of nothing else.
    """

    indicators: pd.DataFrame
    benchmark: pd.DataFrame
    points: pd.DataFrame
    totals: pd.DataFrame
    league: pd.DataFrame
    public: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        return object_views.figures_text(self)

    def _repr_html_(self) -> str:
        return object_views.figures_html(self)

    def admitted(self, ind: pd.DataFrame) -> pd.DataFrame:
        """Return indicator rows of the same dataset as the audience of these figures may see them."""
        if self.public.empty:
            return ind
        from evaltools.audiences import shown_to_public

        return shown_to_public(ind, self.public)


def region_figures(data: Data, every: str = "year", audience: str = "internal") -> RegionFigures:
    """Return the region's figures at the stage and standard of `data`, as an audience may see them.

    A batch run has computed them once and says where (`EVALTOOLS_SHARED`); by hand they are computed here.
    """
    folder = os.environ.get(SHARED)
    if folder:
        stored = _stored(Path(folder), data, every, audience)
        if stored is not None:
            return stored
    return compute(data, every, audience)


def compute(data: Data, every: str = "year", audience: str = "internal") -> RegionFigures:
    """Compute the region's figures from the whole dataset; for the public, from what it may see."""
    whole, standard = data.region, data.standard
    figures = figures_for(whole, standard, every)
    public = pd.DataFrame()
    if audience == "public":
        from evaltools.audiences import public_figures, shown_to_public  # scipy, which others need not wait for

        public = public_figures(whole, every)
        figures = shown_to_public(figures, public)
    if standard is not None:
        figures = as_scored(whole, standard, figures)
    counties = figures[figures["area"].isin(whole.counties())]
    reference = whole.meta.region or None
    others = set(figures["area"]) - {*whole.counties(), reference}
    bench = benchmark(figures, whole.catalogue, reference=reference, exclude=others, items=whole.items)
    if standard is None:
        empty = pd.DataFrame()
        return RegionFigures(figures, bench, empty, empty, empty, public)
    points = scorer(whole, standard, every, bench)(counties)
    sums = totals(points, standard, whole.judgements)
    barred = sums[sums["barred"] == "yes"]
    ranked = league(sums, barred=barred)
    return RegionFigures(figures[figures["unit"] == ""], bench, points, sums, ranked, public)


def share(data: Data, period: str, folder: Path, audience: str = "internal") -> dict[str, str]:
    """Compute the figures for the frequency of `period`, store them in `folder`, return each file's SHA-256."""
    every = periods.every(period)
    figures = compute(data, every, audience)
    folder.mkdir(parents=True, exist_ok=True)
    hashes = {}
    for name in _names(audience):
        path = folder / f"{name}.parquet"
        getattr(figures, name).to_parquet(path, index=False)
        hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "key.json").write_text(json.dumps(_key(data, every, audience)), encoding="utf-8")
    return hashes


def _names(audience: str) -> list[str]:
    """Return the tables that are stored: those of the public have one more."""
    return [one.name for one in fields(RegionFigures) if one.name != "public" or audience == "public"]


def _key(data: Data, every: str, audience: str) -> dict[str, str]:
    key = {"dataset": data.meta.name, "stage": data.stage, "standard": data.standard_name, "every": every}
    return key | {"audience": audience}


def _stored(folder: Path, data: Data, every: str, audience: str) -> RegionFigures | None:
    """Return what a run has stored there, None if it is of something else or cannot be read."""
    try:
        if json.loads((folder / "key.json").read_text(encoding="utf-8")) != _key(data, every, audience):
            return None
        return RegionFigures(*(pd.read_parquet(folder / f"{name}.parquet") for name in _names(audience)))
    except (OSError, ValueError):  # a folder of a run that was interrupted
        return None
