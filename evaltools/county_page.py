"""What a county's report is made of: who it is, what cost points, what changed, what stands out, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from evaltools import change_views, county_views, periods, quality_views, remarks, score_views, views, wording
from evaltools.county_problems import actions_of, problems_of
from evaltools.datasets import Data
from evaltools.regions import RegionFigures
from evaltools.score_page import ScorePage
from evaltools.target_views import same_period

GENRES = ("report", "self")
"""`report`: what the region says of a county; `self`: a draft of what the county says of itself."""


@dataclass(frozen=True, eq=False)
class CountyPage:
    """A county in one period, each part computed when first asked for.

    region: of `ev.region_figures`. ind: `ev.indicators` of the county as its audience may see them, with those of its
    institutions where the standard scores them. found: findings of `ev.check` as the audience may read them.
    Raises ValueError for a genre that does not exist.
    """

    data: Data
    region: RegionFigures
    ind: pd.DataFrame
    found: pd.DataFrame
    area: str
    period: str
    lang: str
    genre: str = "report"

    def __post_init__(self) -> None:
        if self.genre not in GENRES:
            raise ValueError(f"no genre {self.genre!r}; there are: {', '.join(GENRES)}")

    @property
    def name(self) -> str:
        """The county's name."""
        return self.data.area_name(self.area, self.lang)

    @property
    def label(self) -> str:
        """The period in words."""
        return wording.period(self.period, self.lang)

    @property
    def before(self) -> str:
        """The same months of the year before."""
        return periods.shift(self.period, -1)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every indicator: `change_views.overview`, with how far targets are reached."""
        rows = change_views.overview(self.data, self.ind, self.region, self.area, self.period, self.lang)
        return county_views.with_completion(rows, self.data, self.area, self.period)

    @cached_property
    def score(self) -> ScorePage | None:
        """What is behind the score; None without a standard, and where nothing of the period could be scored."""
        if self.data.standard is None or not self._has_score:
            return None
        last = periods.parse(self.period).last
        known = [name for name in self.ind["period"].unique() if name != periods.UNKNOWN]
        recent = [name for name in known if 0 <= last - periods.parse(name).last <= 24]
        every = periods.every(self.period)
        rows = self.ind[self.ind["period"].isin(recent)]
        return ScorePage(self.data, self.region, rows, self.area, self.period, every, self.lang)

    @property
    def _has_score(self) -> bool:
        rows = self.region.league
        return bool(((rows["area"] == self.area) & (rows["period"] == self.period)).any())

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The lines of the score with what they are made of: `with_counts`."""
        if self.score is None:
            return pd.DataFrame()
        rows = views.newest(self.score.scored)
        own = rows[(rows["area"] == self.area) & (rows["unit"] == "") & same_period(rows["period"], self.period)]
        return county_views.with_counts(self.score.lines, own)

    @cached_property
    def basics(self) -> pd.DataFrame:
        """Who the county is and what was evaluated, a row a fact: name, value and what is counted."""
        return county_views.basics(self.data, self.ind, self.area, self.period, self.lang, self.complete, self.table)

    @cached_property
    def complete(self) -> pd.DataFrame:
        """What each institution reported: `quality_views.completeness`."""
        return quality_views.completeness(self.data, self.area, self.period, self.lang)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """The findings of the period, errors first."""
        return quality_views.findings(self.found, self.period, self.lang)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """How many indicators changed which way, reach their targets, lack data; how many findings of each level."""
        scored = self.data.standard is not None
        against: dict[Any, int] = {} if scored else dict(self.compared["against"].value_counts())
        name = views.reference_name(self.data, self.lang)
        return county_views.counts(self.table, self.lines, self.findings, against, name, self.lang)

    @cached_property
    def compared(self) -> pd.DataFrame:
        """The county's indicators beside the reference: `views.comparison`."""
        return views.comparison(self.data, self.region, self.area, self.period, self.lang)

    @cached_property
    def strengths(self) -> pd.DataFrame:
        """Indicators that clearly improved and do not miss their target, then those on which the county is first.

        The second are left out of a county's own summary: it does not know the others' figures.
        """
        bench = self.region.benchmark
        tied = bench[(bench["period"] == self.period) & (bench["rank"] == 1)].groupby("indicator").size()
        rows = county_views.strengths(self.table)
        if self.genre == "self":
            rows = rows[rows["why"] == "better"].reset_index(drop=True)
        return rows.assign(tied=rows["indicator"].map(tied).fillna(0).gt(1) & (rows["rank"] == 1))

    @cached_property
    def problems(self) -> pd.DataFrame:
        """What cost points, misses its target or declined: see `county_problems.problems_of`."""
        return problems_of(self.table, self.lines, self.findings, self.data, self.lang)

    @cached_property
    def actions(self) -> pd.DataFrame:
        """What to reach for each problem and what it would bring: see `county_problems.actions_of`."""
        return actions_of(self.problems, self.data, self.lang)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """Where a few more people would earn most, the first rows."""
        return score_views.best_gains(self.score.gains, 5) if self.score is not None else pd.DataFrame()

    @cached_property
    def quoted(self) -> pd.DataFrame:
        """The findings that this page speaks of: those beside a problem, then the first others."""
        beside = self.findings["sentence"].isin(self.problems["finding"])
        others = self.findings[~beside & (self.findings["level"] != "note")]
        return pd.concat([self.findings[beside], others.head(5)]).sort_index()

    @cached_property
    def intervals(self) -> pd.DataFrame:
        """Numerator, denominator and 95% interval of the problems' and strengths' indicators, where there is one."""
        rows = change_views.intervals(self.data, self.ind, self.area, self.period, self.lang)
        named = [*self.problems["indicator"], *self.strengths["indicator"]]
        return rows[rows["indicator"].isin(named) & rows["lower"].notna()].reset_index(drop=True)

    @cached_property
    def written(self) -> dict[str, str]:
        """What people wrote, by slot."""
        return remarks.of(self.data, self.area, self.period)

    def remark(self, slot: str) -> str:
        """What a person wrote for a slot, "" for nothing."""
        return self.written.get(slot, "")
