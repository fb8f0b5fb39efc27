"""序时进度, time-proportional progress: the share of the year's target reached beside the share of the year gone.

Facts cumulated from the start of the year, calendar or assessment year, against the target of the whole year. What this
says of an indicator depends on its nature (`progress_seasons.natures`):

flow      What is done adds up over the months (patrols; people examined, of all residents). Reached is what has been
          done, of target × denominator. The calendar expects the same share every month; last year's season what had
          been done of that year's work by the same month.
level     What stands at a date (patients under management), or people reached who cannot be added over months. Reached
          is the present level, of the target. It is not done bit by bit, so the calendar expects nothing; the season is
          last year's level at the same month, of its level at the end.
neither   Where the denominator grows through the year too (newborn visits, of live births), the rate itself is set
          against the target at any time. Shares of institutions and the worst of them are not done bit by bit either.

If this year goes on as a method expects, the target is met just where reached is not below the share that the method
expects. Of a limit (direction down), reached is the share that is used up, and to be ahead is bad.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from evaltools import periods, progress_projection
from evaltools.progress_projection import BACKTEST, CONFIDENCE, FEWEST, past_errors, project
from evaltools.progress_seasons import natures, paired, year_of
from evaltools.row_texts import Texts, because, coded, joined
from evaltools.wording import word

COLUMNS = [
    "period",
    "area",
    "indicator",
    "definition",
    "nature",
    "numerator",
    "denominator",
    "value",
    "target",
    "reached",
    "calendar",
    "ahead_calendar",
    "season",
    "season_done",
    "season_total",
    "ahead_season",
    "projected",
    "projected_by",
    "projected_lower",
    "projected_upper",
    "tested_by",
    "chance",
    "n_errors",
    "n_years",
    "errors_of",
    "status",
    "reason",
]
"""Columns of `progress`."""

TOLERANCE = 1.0
"""Percentage points from what is expected within which an area is on time."""

STATUSES = (
    "reached",
    "ahead",
    "on_time",
    "behind",
    "slower",
    "faster",
    "exceeded",
    "not_applicable",
    "missing",
)
"""What `status` can be. A limit is used up slower than time goes (good), on time, faster, or exceeded."""

_NEAR = 1e-9


def progress(
    part: pd.DataFrame,
    year: pd.DataFrame,
    targets: pd.DataFrame,
    catalogue: pd.DataFrame,
    items: pd.DataFrame,
    period: str,
    *,
    breaks: pd.DataFrame | None = None,
    peers: Iterable[str] | None = None,
    tolerance: float = TOLERANCE,
    fewest: int = FEWEST,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return `COLUMNS`, one row for each area of `part` and each indicator with a target for the year.

    part: `ev.indicators(data, every=period)`; period: the months from the start of the year on, such as
    2024-01/2024-09 or 2023-12/2024-08 of an assessment year. year: `ev.indicators(data, every=year_of(period))`; only
    years before that of `period` are read from it. targets, catalogue, items, breaks: the dataset's tables. An area's
    own target goes before that for all; the newest definition counts. peers: the areas whose past errors count; None
    is all, but where some areas add up to another, only those of one level should.

    reached, calendar and season are in percent, ahead_… in percentage points: see the module. season_done and
    season_total are what season is the share of. projected and its range are in the unit of value; the projection and
    its chance (0 to 1) are explained at `progress_projection.project`; the denominator is held at its present size.

    status: one of `STATUSES`, by the calendar for a flow and by the season for a level; within `tolerance` percentage
    points of it is on time. reason: why something is not given, or what to know; several are joined by "; ".

    Raises ValueError for a period of twelve months or more, and for `fewest` too small for `confidence`.
    """
    progress_projection.check_enough(fewest, confidence)
    whole, span, about = year_of(period), periods.parse(period), natures(catalogue, items)
    pairs = paired(part, year, about, period, breaks)
    now = pairs[pairs["start"] == span.first]
    rows = _aims(targets, whole, part["area"].unique(), catalogue).merge(
        now.sort_values("definition", kind="stable").drop_duplicates(["area", "indicator"], keep="last"),
        on=["area", "indicator"],
        how="left",
    )
    rows = _blanks_filled(rows, about)
    applies = (rows["kind"] == "absolute") & (rows["nature"] != "") & (rows["target"] > 0)
    computed = applies & rows["value"].notna()
    percent = {
        "reached": (rows["value"] / rows["target"] * 100).where(computed),
        "calendar": (rows["even"] * 100).where(applies & (rows["nature"] == "flow")),
        "season": (rows["season"] * 100).where(applies),
    }
    errors = past_errors(pairs if peers is None else pairs[pairs["area"].isin(list(peers))], span.first)
    made = _within_the_whole(project(rows[computed], errors, fewest, confidence).reindex(rows.index), rows, catalogue)
    rows = rows.assign(
        period=period,
        nature=rows["nature"].where(applies, ""),
        **percent,
        ahead_calendar=percent["reached"] - percent["calendar"],
        ahead_season=percent["reached"] - percent["season"],
        **{name: rows[name].where(applies & rows["season"].notna()) for name in ("season_done", "season_total")},
        **{name: made[name] for name in made.columns},
    )
    rows = rows.assign(status=_status(rows, applies, tolerance), reason=_reasons(rows, applies, computed))
    counts, texts = ("n_errors", "n_years"), ("projected_by", "tested_by", "errors_of")
    rows = rows.assign(**{n: rows[n].fillna(0) for n in counts}, **{n: rows[n].fillna("") for n in texts})
    return rows[COLUMNS].astype(dict.fromkeys(counts, int) | dict.fromkeys(("period", "status", *texts), "str"))


def backtest(
    parts: Iterable[pd.DataFrame],
    year: pd.DataFrame,
    targets: pd.DataFrame,
    catalogue: pd.DataFrame,
    items: pd.DataFrame,
    *,
    before: str | None = None,
    breaks: pd.DataFrame | None = None,
    fewest: int = FEWEST,
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """Return how the methods would have done in past years: one row for each month, nature and method.

    parts: indicator frames of the same months of every year, one for each month to be tried: `ev.indicators(data,
    every="2024-01/2024-06")` and so on. before: the year from which on nothing is used, so that the year to be
    projected is not among those that test the methods; None uses every complete year. Columns as in
    `progress_projection.backtest`; the methods are season, calendar (flows), unchanged (levels) and chosen.
    """
    about = natures(catalogue, items)
    tables = []
    for part in parts:
        name = next((name for name in part["period"].unique() if name != periods.UNKNOWN), "")
        pairs = paired(part, year, about, name, breaks) if name else pd.DataFrame()
        if pairs.empty:
            continue
        span, areas, starts = periods.parse(name), part["area"].unique(), [int(at) for at in pairs["start"].unique()]
        years = [periods.shift(year_of(name), (start - span.first) // 12) for start in starts]
        aims = [
            _aims(targets, whole, areas, catalogue).assign(start=at) for whole, at in zip(years, starts, strict=True)
        ]
        levels = pd.concat(aims).query("kind == 'absolute' and target > 0").drop(columns="kind")
        pairs = pairs.merge(levels, on=["area", "indicator", "start"], how="left")
        limit = max(starts) + 1 if before is None else periods.parse(before).first
        tables.append(progress_projection.backtest(pairs, span.length, limit, fewest, confidence))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=BACKTEST)


def _aims(targets: pd.DataFrame, whole: str, areas: Iterable[str], catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return area, indicator, target and kind of the targets of a year, in the order of areas and catalogue."""
    span = periods.parse(whole)
    same = [name for name in targets["period"].unique() if name != periods.UNKNOWN and periods.parse(name) == span]
    rows = targets[targets["period"].isin(same) & (targets["unit"] == "")]
    rows = rows[["area", "indicator", "target", "kind"]].assign(target=rows["target"].astype(float))
    places = pd.DataFrame({"area": list(areas)}, dtype="str")
    general = places.merge(rows[rows["area"] == "*"].drop(columns="area"), how="cross")
    own = rows[rows["area"].isin(places["area"])]
    rows = pd.concat([general, own], ignore_index=True).drop_duplicates(["area", "indicator"], keep="last")
    order = {name: at for at, name in enumerate(dict.fromkeys(catalogue["indicator"]))}
    place = {name: at for at, name in enumerate(places["area"])}
    rows = rows[rows["indicator"].isin(list(order))]
    keys = pd.DataFrame({"area": rows["area"].map(place), "indicator": rows["indicator"].map(order)}, index=rows.index)
    return rows.loc[keys.sort_values(["area", "indicator"]).index].reset_index(drop=True)


def _blanks_filled(rows: pd.DataFrame, about: pd.DataFrame) -> pd.DataFrame:
    """Give a target that no row answers what the catalogue says of its indicator, and the reason."""
    newest = about.drop_duplicates("indicator", keep="last").set_index("indicator")
    absent = rows["start"].isna()
    told = {name: rows[name].mask(absent, rows["indicator"].map(newest[name])) for name in newest.columns}
    down = told.pop("down").eq(True)
    return rows.assign(
        **told,
        down=down,
        reason=rows["reason"].mask(absent, word("comparison.reason_no_row", "en")),
        season_reason=rows["season_reason"].fillna(""),
        season_disturbed=rows["season_disturbed"].eq(True),
    )


def _within_the_whole(made: pd.DataFrame, rows: pd.DataFrame, catalogue: pd.DataFrame) -> pd.DataFrame:
    """Return projections without those by which more people would be reached than there are; no limit lies beyond."""
    known = catalogue.drop_duplicates(["indicator", "valid_from"], keep="last").set_index(["indicator", "valid_from"])
    about = known[["kind", "per"]].reindex(pd.MultiIndex.from_frame(rows[["indicator", "definition"]]))
    whole = np.where(about["kind"] == "proportion", about["per"].astype(float), np.inf)
    beyond = (made["projected"] > whole * (1 + _NEAR)) & (rows["value"] <= whole)
    numbers = ["projected", "projected_lower", "projected_upper"]
    cut = made.assign(projected_upper=made["projected_upper"].clip(upper=pd.Series(whole, made.index)))
    cut[numbers] = cut[numbers].mask(beyond)
    # what has been reached already stays certain
    return cut.assign(
        chance=cut["chance"].mask(beyond & (cut["chance"] < 1)),
        **{name: cut[name].mask(beyond, "") for name in ("projected_by", "tested_by")},
        projection_reason=cut["projection_reason"].mask(beyond, word("progress.reason_beyond", "en")),
    )


def _status(rows: pd.DataFrame, applies: pd.Series, tolerance: float) -> pd.Series:
    flow, down = rows["nature"] == "flow", rows["down"]
    ahead = rows["ahead_calendar"].where(flow, rows["ahead_season"])
    near = ahead.abs() <= tolerance + _NEAR
    status = np.select(
        [
            ~applies,
            rows["value"].isna(),
            ~down & (rows["reached"] >= 100 - _NEAR),
            down & flow & (rows["reached"] > 100 + _NEAR),
            ahead.isna(),
            near,
            down & (ahead < 0),
            down,
            ahead > 0,
        ],
        ["not_applicable", "missing", "reached", "exceeded", "missing", "on_time", "slower", "faster", "ahead"],
        "behind",
    )
    return pd.Series(status, rows.index, dtype="str")


def _reasons(rows: pd.DataFrame, applies: pd.Series, computed: pd.Series) -> pd.Series:
    """Say for each row what is not given, and why."""
    absolute, season = rows["kind"] == "absolute", rows["season"].notna()
    nature, made = coded(rows["nature_reason"]), coded(rows["projection_reason"])
    notes: list[tuple[pd.Series, str | Texts]] = [
        (rows["kind"] == "improve", word("progress.reason_improve", "en")),
        (rows["kind"] == "range", word("progress.reason_range", "en")),
        (absolute & (rows["nature_reason"] != ""), nature),
        (absolute & ~(rows["target"] > 0), word("progress.reason_target_not_positive", "en")),
        (applies & ~computed, because(coded(rows["reason"]), "comparison.reason_this_missing")),
        (computed & ~season, because(coded(rows["season_reason"]), "progress.reason_no_season")),
        (computed & season & rows["season_disturbed"], word("comparison.reason_disturbance", "en")),
        (computed, made),
    ]
    said = joined([(mask.to_numpy(dtype=bool), text) for mask, text in notes], len(rows))
    return said.set_axis(rows.index)
