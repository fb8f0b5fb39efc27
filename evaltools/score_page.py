"""What the page of a county's performance is made of: every table that says why its score is what it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evaltools import datasets, periods, score_views
from evaltools.datasets import Data
from evaltools.fair_views import own_places, peer_groups, peer_table
from evaltools.region_views import league_table
from evaltools.regions import RegionFigures
from evaltools.sampled_page import SampledPage, sampled_page
from evaltools.score_changes import score_changes
from evaltools.score_gains import score_gains
from evaltools.score_rounding import NEAR, near_cutoffs
from evaltools.score_stages import load_stages, moved, score_stages
from evaltools.scored_figures import as_scored
from evaltools.standards import Standard
from evaltools.unit_weights import unit_weights


@dataclass(frozen=True, eq=False)
class ScorePage:
    """The scores of one county and what is behind them, each computed when first asked for.

    data: the county's, with a standard. region: of `ev.region_figures`, which decides what an audience sees.
    figures: `ev.indicators` of the county as its audience may see them. within: how near the bound of a grade is near.
    """

    data: Data
    region: RegionFigures
    figures: pd.DataFrame
    area: str
    period: str
    every: str
    lang: str
    more: int = 10
    within: float = NEAR

    @cached_property
    def standard(self) -> Standard:
        """The standard; raises ValueError if there is none."""
        if self.data.standard is None:
            raise ValueError("the dataset has no scoring standard")
        return self.data.standard

    @cached_property
    def previous(self) -> Standard | None:
        """Last year's standard, where this one names one; raises InputError if it cannot be read."""
        if not self.standard.previous:
            return None
        data, name = self.data, self.standard.previous
        return datasets.load(str(data.folder), data.area, data.stage, name).standard

    @cached_property
    def sampled(self) -> SampledPage | None:
        """What records sampled on site correct; None if none were, and for the public."""
        if not self.region.public.empty:
            return None
        return sampled_page(self.data, self.region, self.figures, self.area, self.period, self.every, self.lang)

    @property
    def alike(self) -> list[str]:
        """Where the county stands among counties of its kind and size: a sentence, none where there is no group."""
        table = league_table(self.data, self.region, self.standard, self.period, self.lang)
        groups = peer_groups(self.data, self.region, self.period)
        said = own_places(peer_table(table, groups, self.lang), self.area, self.lang)
        return [said] if said else []

    @property
    def workbook(self) -> bytes:
        """The score sheet with live formulas."""
        from evaltools.score_workbook import region_workbook  # openpyxl, which others need not wait for

        return region_workbook(self.region, self.data, self.area, self.period, self.lang)

    @property
    def before(self) -> str:
        """The same months of the year before."""
        return periods.shift(self.period, -1)

    @property
    def of_units(self) -> bool:
        """Whether the institutions are what is scored."""
        return self.standard.objects == "unit"

    @cached_property
    def scored(self) -> pd.DataFrame:
        """The county's indicators as they are scored: corrected where the standard asks for it."""
        return as_scored(self.data, self.standard, self.figures)

    @cached_property
    def lines(self) -> pd.DataFrame:
        """The county's lines."""
        return score_views.score_lines(self.region.points, self.standard, self.data, self.area, self.period, self.lang)

    @cached_property
    def unit_lines(self) -> pd.DataFrame | None:
        """The lines of the county's institutions; None where the county itself is scored."""
        rows = self.region.points
        own = (rows["area"] == self.area) & (rows["unit"] != "") & (rows["period"] == self.period)
        return rows[own] if self.of_units else None

    @cached_property
    def sections(self) -> pd.DataFrame:
        """The county's sections and its total."""
        return score_views.score_sections(self.region.league, self.standard, self.area, self.period, self.lang)

    @cached_property
    def units(self) -> pd.DataFrame:
        """The scores of the institutions."""
        return score_views.unit_scores(
            self.region.league, self.standard, self.data, self.weights, self.area, self.period, self.lang
        )

    @cached_property
    def weights(self) -> pd.DataFrame | None:
        """By what the institutions are weighted."""
        return unit_weights(self.data, self.standard, self.every)

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Why the total changed; see `score_changes`."""
        more = self._more
        if self.previous is not None:
            more["previous_weights"] = unit_weights(self.data, self.previous, self.every)
        return score_changes(self.scored, self.standard, self.period, self.previous, **more)

    @cached_property
    def changed(self) -> pd.DataFrame:
        """The lines that changed the total."""
        return score_views.changed_lines(self.changes, self.standard, self.previous, self.data, self.area, self.lang)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """The steps from last year's total to this year's."""
        return score_views.change_steps(self.changes, self.area, self.before, self.period, self.lang)

    @cached_property
    def gains(self) -> pd.DataFrame:
        """Where more people would earn most."""
        found = score_gains(self.scored, self.standard, self.period, **self._more, more=self.more)
        return score_views.gains_of(found, self.standard, self.data, self.area, self.lang)

    @cached_property
    def near(self) -> pd.DataFrame:
        """The total under other conventions, if it is near the bound of a grade."""
        return near_cutoffs(self.scored, self.standard, self.period, **self._more, within=self.within)

    @cached_property
    def stages(self) -> pd.DataFrame:
        """Points at the three stages; empty where adjustments have not changed any.

        Also for an audience that does not see all figures: two stages side by side would tell it what was adjusted.
        """
        if not self.region.public.empty or self.data.adjustments.empty:
            return pd.DataFrame()
        found = score_stages(load_stages(self.data, self.every, self.region.benchmark))
        rows = score_views.stage_rows(found, self.standard, self.area, self.period, self.lang)
        return rows if moved(rows) else pd.DataFrame()

    @cached_property
    def judged(self) -> pd.DataFrame:
        """What scorers gave."""
        return score_views.judged(self.data, self.standard, self.area, self.period, self.lang)

    @property
    def _more(self) -> dict[str, pd.DataFrame | None]:
        """What scoring asks for beside indicators and standard."""
        return {
            "targets": self.data.targets,
            "judgements": self.data.judgements,
            "benchmark": self.region.benchmark,
            "weights": self.weights,
        }
