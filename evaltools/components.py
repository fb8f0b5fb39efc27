"""A page that shows every component a report is made of, from the synthetic example.

    python -m evaltools.components OUT.html [--lang zh] [--area 990101] [--period 2024]

Everything goes through the gate, views, charts and page code of the reports, so what is seen here is what they look
like today. A test asks that every chart and every format of a table is on it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure
from nbformat import v4

from evaltools import (
    change_views,
    charts,
    control_narrative,
    datasets,
    decile_chart,
    fair_views,
    heat_map,
    html_tables,
    measures,
    month_views,
    narrative,
    periods,
    rank_narrative,
    rank_views,
    region_narrative,
    region_views,
    regions,
    score_narrative,
    score_reasons,
    score_views,
    series_views,
    site,
    slope_charts,
    unit_views,
    views,
    wording,
)  # fmt: skip
from evaltools.publishing import Publish
from evaltools.score_page import ScorePage
from evaltools.wording import word

NUMBERS: dict[str, object] = {
    "integer": 5118, "number:2": 3.14159, "points:2": 86.755, "quantity": 409.5, "target": 90.0, "percent:1": 78.1,
    "value": 78.123, "change": -3, "change_pp": 3.9, "change_percent": -5.26, "p_value": 0.0004,
}  # fmt: skip
TEXTS: dict[str, object] = {
    "text": "<b> & “ ”", "period": "2024-01/2024-06", "reason": "not reported", "stage": "verified", "run": 4,
    "model": "log_events", "status": "better", "marker": "Increasing and getting better",
    "sparkline": "2019=70.1; 2020=71.4; 2021=; 2022=75.2; 2023=74.8; 2024=78.1",
}  # fmt: skip
"""A value for every format of a table."""

Shown = tuple[Figure, str, str]
"""A figure, its caption, its alternative text."""


@dataclass
class _Components:
    """The components, drawn from one area of a dataset that has a standard and units."""

    data: datasets.Data
    area: str
    period: str
    lang: str

    @cached_property
    def region(self) -> regions.RegionFigures:
        return regions.region_figures(self.data, self.every)

    @cached_property
    def ind(self) -> pd.DataFrame:
        return measures.indicators(self.data, every=self.every)

    @cached_property
    def main(self) -> list[str]:
        table = views.comparison(self.data, self.region, self.area, self.period, self.lang)
        return views.main_indicators(self.data, table)

    @cached_property
    def score(self) -> ScorePage:
        return ScorePage(self.data, self.region, self.ind, self.area, self.period, self.every, self.lang)

    @cached_property
    def table(self) -> pd.DataFrame:
        return change_views.overview(self.data, self.ind, self.region, self.area, self.period, self.lang)

    @cached_property
    def league(self) -> pd.DataFrame:
        assert self.data.standard is not None
        return region_views.league_table(self.data, self.region, self.data.standard, self.period, self.lang)

    @cached_property
    def series(self) -> pd.DataFrame:
        return series_views.series(self.data, self.ind, self.region, self.area, self.period, self.main, self.lang)

    @property
    def every(self) -> str:
        return periods.every(self.period)

    @property
    def about(self) -> dict[str, str]:
        before = periods.shift(self.period, -1)
        return {"period": wording.period(self.period, self.lang), "before": wording.period(before, self.lang)}

    def charts(self) -> Iterator[tuple[str, Shown]]:
        """Return the name of each chart function of `charts` with what it draws."""
        drawn: list[Callable[[], Shown]] = [
            self.trend_lines, self.decile_chart, self.change_intervals, self.points_lost, self.waterfall, self.heat_map,
            self.slope_chart, self.control_chart, self.league_bars, self.rank_change, self.rank_intervals, self.funnel,
        ]  # fmt: skip
        for draw in drawn:
            yield draw.__name__, draw()

    def trend_lines(self) -> Shown:
        caption = narrative.caption_series(self.series, self.lang)
        return charts.trend_lines(self.series, self.lang), caption, narrative.alt_series(self.series, self.lang)

    def decile_chart(self) -> Shown:
        own = self.series[self.series["indicator"].isin(self.main[:4])]
        table = decile_chart.with_deciles(own, decile_chart.deciles(self.region.indicators, self.data.counties()))
        caption = word("components.caption_deciles", self.lang)
        return charts.decile_chart(table, self.lang), caption, decile_chart.alt_deciles(table, self.lang)

    def change_intervals(self) -> Shown:
        moved = change_views.largest_changes(self.table)
        compared = wording.compared_with(self.period, self.lang)
        caption = word("report.caption_movers", self.lang, period=self.about["period"], compared=compared)
        return charts.change_intervals(moved, self.lang), caption, narrative.alt_changes(moved, self.lang)

    def points_lost(self) -> Shown:
        lines = self.score.lines
        caption = word("report.caption_lost", self.lang, period=self.about["period"])
        lost = score_views.lost_lines(lines, self.lang)
        return charts.points_lost(lost, self.lang), caption, score_narrative.alt_lost(lines, self.lang)

    def waterfall(self) -> Shown:
        caption = word("score.caption_waterfall", self.lang, **self.about)
        alt = score_reasons.alt_waterfall(self.score.changes, self.area, self.lang)
        return charts.waterfall(self.score.steps, self.lang), caption, alt

    def heat_map(self) -> Shown:
        known = self.ind[(self.ind["unit"] != "") & (self.ind["period"] == self.period) & self.ind["value"].notna()]
        names = list(dict.fromkeys(known["indicator"]))
        cells = unit_views.unit_cells(self.data, self.ind, self.area, self.period, names, self.lang)
        missed = (cells["status"] == "not_met").groupby(cells["indicator"], sort=False).sum()
        chosen = set(missed.sort_values(ascending=False, kind="stable").index[:8])
        cells = cells[cells["indicator"].isin(chosen) & cells["kind"].isin(views.SHARES)]
        caption = word("components.caption_heat", self.lang, period=self.about["period"])
        return charts.heat_map(cells, self.lang), caption, heat_map.alt_heat_map(cells, self.lang)

    def slope_chart(self) -> Shown:
        """Show the indicator of units that changed most units, the first of the catalogue among equals."""
        before = periods.shift(self.period, -1)
        rows = self.ind[(self.ind["unit"] != "") & self.ind["period"].isin([before, self.period])]
        both = rows[rows["value"].notna()].groupby(["indicator", "unit"], sort=False)["value"].nunique()
        indicator = str((both > 1).groupby("indicator", sort=False).sum().idxmax())
        values = unit_views.unit_changes(self.data, self.ind, self.area, self.period, indicator, self.lang)
        name = views.names_of(self.data, self.lang)[indicator]
        scale: dict[str, Any] = {"per": int(values["per"].iloc[0]), "kind": str(values["kind"].iloc[0])}
        sides: dict[str, Any] = {"before": self.about["before"], "after": self.about["period"]}
        caption = word("components.caption_slopes", self.lang, name=name, **self.about)
        alt = slope_charts.alt_slopes(values, self.lang, **scale)
        return charts.slope_chart(values, self.lang, **sides, **scale), caption, alt

    def control_chart(self) -> Shown:
        points = month_views.controlled(self.data, self.region, self.area, self.period, self.lang)
        part = next(iter(month_views.to_look_at(points)))
        about: dict[str, Any] = {"per": int(part["per"].iloc[0]), "kind": str(part["measure_kind"].iloc[0])}
        caption = word("trends.caption_control", self.lang, name=part["label"].iloc[0])
        alt = control_narrative.alt_control_chart(part, self.lang, **about)
        return charts.control_chart(part, self.lang, **about), caption, alt

    def league_bars(self) -> Shown:
        assert self.data.standard is not None
        bars, cutoffs = region_views.league_chart(self.league, self.data.standard, self.lang)
        figure = charts.league_bars(bars, self.lang, cutoffs=cutoffs, full=float(self.data.standard.total))
        caption = word("report.caption_bars", self.lang, period=self.about["period"])
        return figure, caption, region_narrative.alt_bars(self.league, self.lang)

    def rank_change(self) -> Shown:
        moved = region_views.rank_moves(self.league, self.lang)
        sides: dict[str, Any] = {"before": self.about["before"], "after": self.about["period"]}
        caption = word("report.caption_moved", self.lang, **sides)
        return charts.rank_change(moved, self.lang, **sides), caption, region_narrative.alt_moved(moved, self.lang)

    def rank_intervals(self) -> Shown:
        figures = rank_views.rank_figures(self.data, self.region, self.period, self.every)
        assert figures is not None
        ranks = rank_views.rank_table(figures, self.data, self.lang)
        caption = word("ranks.caption_chart", self.lang, period=self.about["period"])
        figure = charts.rank_intervals(ranks.assign(label=ranks["county"]), self.lang)
        return figure, caption, rank_narrative.alt_chart(ranks, self.lang)

    def funnel(self) -> Shown:
        one = fair_views.funnels(self.data, self.region, self.period, self.lang)[0]
        about = one.about
        figure = charts.funnel(one.values, one.limits, self.lang, measure=about.name, base=about.base, per=about.per)
        caption = word("report.caption_funnel", self.lang, name=about.name, period=self.about["period"])
        return figure, caption, region_narrative.alt_funnel(one.values, one.limits, self.lang)

    def publish(self) -> None:
        """Send every component through the gate."""
        out, lang = Publish(lang=self.lang, data=self.data), self.lang
        standard = self.data.standard
        assert standard is not None
        total = score_narrative.total_of(self.region.league, self.area, self.period)
        out.section(word("components.section_words", lang))
        points = wording.points(total.points, lang)
        out.key_figures(score_narrative.key_figures(self.region.league, standard, self.area, self.period, lang))
        area = self.data.area_name(self.area, lang)
        out.text(word("components.text", lang, area=area, period=self.about["period"], points=points))
        out.text([word("components.item", lang, n=n) for n in (1, 2)])
        out.note(word("components.note", lang))
        out.note(word("components.note_strong", lang), strong=True)
        out.section(word("components.section_tables", lang))
        self._tables(out)
        out.section(word("components.section_charts", lang))
        for name, (figure, caption, alt) in self.charts():
            out.section(name, level=3)
            out.figure(figure, name, caption, alt)

    def _tables(self, out: Publish) -> None:
        for name, formats in (("numbers", NUMBERS), ("texts", TEXTS)):
            frame = pd.DataFrame({form.split(":")[0]: [x] for form, x in formats.items()})
            columns = {form.split(":")[0]: (form, form) for form in formats}
            out.table(frame, name, word(f"components.caption_{name}", self.lang), columns)
        signs = pd.DataFrame({"status": list(html_tables.STATUS_SIGNS)}).assign(shown=lambda frame: frame["status"])
        columns = {"status": ("status", "text"), "shown": (word("columns.status", self.lang), "status")}
        out.table(signs, "statuses", word("components.caption_statuses", self.lang), columns)
        headers = views.columns(change_views.GLANCE, self.lang)
        caption = word("components.caption_main", self.lang)
        out.table(self.table, "main", caption, headers, group="family", most=40)
        headers = views.columns(["county", "points", "grade_name", "rank", "change_points"], self.lang)
        caption = word("components.caption_league", self.lang)
        out.table(self.league, "league", caption, headers, link={"county": "area"}, explore=True)


def page(data: str = "example", area: str = "990101", period: str = "2024", lang: str = "zh") -> site.RenderedPage:
    """Return the page of all components; data: a dataset with a standard, units and months of that area."""
    InteractiveShell.instance()  # the gate shows nothing to nobody
    components = _Components(datasets.load(data, area=area), area, period, lang)
    with capture_output() as captured:
        components.publish()
    outputs = [v4.new_output("display_data", data=dict(shown.data)) for shown in captured.outputs]  # type: ignore[no-untyped-call]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("pass", outputs=outputs)])  # type: ignore[no-untyped-call]
    title, subtitle = word("components.title", lang), word("components.subtitle", lang)
    label = components.about["period"]
    standard = getattr(components.data.standard, f"name_{lang}")
    return site.render(
        notebook,
        site.PageContext(lang=lang, title=title, subtitle=subtitle, standard_title=standard, period_label=label),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page to the file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m evaltools.components", description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", default="example")
    parser.add_argument("--area", default="990101")
    parser.add_argument("--period", default="2024")
    parser.add_argument("--lang", choices=wording.LANGUAGES, default="zh")
    asked = vars(parser.parse_args(arguments))
    out = asked.pop("out")
    out.write_text(page(**asked).html, encoding="utf-8")


if __name__ == "__main__":
    main()
