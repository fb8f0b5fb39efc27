"""Numbers far from what the place, or places like it, usually report (WHO data quality review, 2017).

Cut-offs are parameters of the catalogue, `quality_…`, each with its source; without one its rule finds nothing.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaltools import formulas
from evaltools.datasets import Data
from evaltools.fact_cells import Counted, Floats, Groups, Whole, median
from evaltools.findings import Findings, Indicators, limit, number
from evaltools.tables import each_row
from evaltools.wording import LANGUAGES, word

NORMAL = 0.6745
"""The median absolute deviation of a normal distribution, in standard deviations (Iglewicz & Hoaglin 1993)."""

POPULATION = "population"
"""The family of the items that others are measured against."""

_OTHERS = 3
_SLIP = 10_000
_MONTHS = 12
_UNITS = 8
_EARLIER = 3


def modified_z(values: ArrayLike) -> Floats:
    """Return 0.6745 × (x − median) / MAD along the last axis (Iglewicz & Hoaglin 1993); NaN stays, and is left out.

    Where more than half of the numbers are equal the MAD is zero and the score ±inf, 0 for the median itself.
    """
    matrix = np.atleast_2d(np.asarray(values, dtype=float))
    away = matrix - median(matrix)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = NORMAL * away / median(np.abs(away))[:, None]
    score = np.where(away == 0, 0.0, score)
    return score.reshape(np.shape(values))


def z_score(values: ArrayLike) -> Floats:
    """Return (x − mean) / s along the last axis, s with n − 1; NaN stays, and is left out; 0 where nothing differs.

    Of n numbers none is further than (n − 1)/√n (Shiffler 1988): among ten or fewer, 3 is never passed.
    """
    matrix = np.atleast_2d(np.asarray(values, dtype=float))
    size = (~np.isnan(matrix)).sum(axis=1)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        away = matrix - np.nansum(matrix, axis=1, keepdims=True) / size
        score = away / np.sqrt(np.nansum(away**2, axis=1, keepdims=True) / (size - 1))
    same = np.nanmax(np.where(np.isnan(matrix), -np.inf, matrix), axis=1) == np.nanmin(
        np.where(np.isnan(matrix), np.inf, matrix), axis=1
    )
    return np.where(same[:, None] & ~np.isnan(matrix), 0.0, score).reshape(np.shape(values))


def outliers(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find yearly numbers many times larger or smaller than usual.

    Usual is the median of the place's other years (three at least). A number 10,000 times its size (元 for 万元) is
    found beside two other years already and, in a first return, beside the area's other units (three at least).
    Small counts (below `quality_outlier_floor`) vary that much by themselves and are left alone.
    """
    found = Findings(data)
    ratio, floor = limit(data, "outlier_ratio"), limit(data, "outlier_floor")
    years, groups = counted.yearly, Groups.of(counted)
    for item in counted.items:
        wide = counted.values(item)[:, years]
        usual, size = _usual(wide)
        with np.errstate(divide="ignore", invalid="ignore"):
            times = wide / usual
            wild = (size >= _OTHERS) & (usual >= floor) & ((times > ratio) | (times < 1 / ratio))
            slip = (size >= 2) & _is_slip(times, usual, wide)
        alone = size < 2
        if alone.any():
            peers = _among_units(wide, groups)
            with np.errstate(divide="ignore", invalid="ignore"):
                beside = alone & _is_slip(wide / peers, peers, wide)
            usual, slip = np.where(beside, peers, usual), slip | beside
        for place, at in zip(*np.nonzero(wild | slip), strict=True):
            value, size_of = wide[place, at], usual[place, at]
            times_of = number(value / size_of, 1 if value > size_of else 5)
            row = counted.key(int(place), int(years[at]))
            found.find(
                "outlier",
                "warning",
                row,
                ("item", item),
                counted.where(*row, {item}),
                evidence=f"{number(value)} / {number(size_of)} = {times_of}",
                likely=(slip_of_it := _slip_of(value / size_of)),
                value=number(value),
                usual=number(size_of),
                others=_words("others_units" if alone[place, at] else "others_years"),
                question=_words(_QUESTIONS.get(slip_of_it, "ask_real")),
            )
    return found.frame()


def _usual(wide: Floats) -> tuple[Floats, Whole]:
    """Return for each number the median of the others in its row, and how many those are."""
    known = ~np.isnan(wide)
    size = known.sum(axis=1)[:, None] - known
    usual = np.full(wide.shape, np.nan)
    for at in range(wide.shape[1]):
        usual[:, at] = median(np.delete(wide, at, axis=1))
    return usual, np.where(known, size, 0)


def _among_units(wide: Floats, groups: Groups) -> Floats:
    """Return for each unit the median of its area's units in each year, NaN with fewer than three others."""
    usual = np.full(wide.shape, np.nan)
    here = groups.members >= 0
    for at in range(wide.shape[1]):
        values = groups.spread(wide[:, at])
        middle = np.where((~np.isnan(values)).sum(axis=1) > _OTHERS, median(values), np.nan)
        usual[groups.members[here], at] = np.broadcast_to(middle[:, None], values.shape)[here]
    return usual


def _is_slip(times: Floats, usual: Floats, value: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether a number is about 10,000 times another, or the other way round, give or take a factor of three."""
    off = np.abs(np.log10(times))
    return np.asarray((usual > 0) & (value > 0) & (off > np.log10(_SLIP / 3)) & (off < np.log10(_SLIP * 3)))


_DIGIT, _MEASURE = "a digit too many or too few", "yuan or persons for ten thousands of them, or the reverse"
_QUESTIONS = {_DIGIT: "ask_digit", _MEASURE: "ask_measure"}


def _slip_of(times: float) -> str:
    if not times > 0:
        return ""
    off = abs(float(np.log10(times)))
    if abs(off - 1) < 0.15:
        return _DIGIT
    return _MEASURE if abs(off - 4) < 0.5 else ""


def _words(key: str) -> dict[str, str]:
    return {lang: word(f"quality_figures.{key}", lang) for lang in LANGUAGES}


def month_outliers(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find months far from the place's other months: z or modified z above the cut-off, and several times the median.

    The second condition keeps steady series quiet, whose MAD is next to nothing. Twelve months at least.
    """
    found = Findings(data)
    cut, ratio, floor = limit(data, "modified_z"), limit(data, "month_ratio"), limit(data, "outlier_floor")
    plain_cut = limit(data, "z")
    months = np.array([at for at, name in enumerate(counted.periods) if re.fullmatch(r"\d{4}-\d{2}", name)], np.int64)
    for item in counted.items if len(months) >= _MONTHS else ():
        wide = counted.values(item)[:, months]
        enough = ((~np.isnan(wide)).sum(axis=1) >= _MONTHS) & (median(wide) >= floor)
        rows = np.flatnonzero(enough)
        middle, score, plain = median(wide[rows])[:, None], modified_z(wide[rows]), z_score(wide[rows])
        far = (np.abs(score) > cut) | (np.abs(plain) > plain_cut)
        wild = far & ((wide[rows] > ratio * middle) | (wide[rows] < middle / ratio))
        for place, at in zip(*np.nonzero(wild), strict=True):
            row = counted.key(int(rows[place]), int(months[at]))
            value = wide[rows[place], at]
            found.find(
                "month_outlier",
                "warning",
                row,
                ("item", item),
                counted.where(*row, {item}),
                topic="quality_figures",
                evidence=_evidence(value, middle[place, 0], score[place, at], plain[place, at]),
                likely=_slip_of(value / middle[place, 0]),
                value=number(value),
                usual=number(middle[place, 0]),
            )
    return found.frame()


def _evidence(value: float, middle: float, score: float, plain: float, digits: int | None = None) -> str:
    text = f"{number(value, digits)}; median {number(middle, digits)}; z {number(plain, 1)}"
    return f"{text}; modified z {number(score, 1)}" if np.isfinite(score) else f"{text}; MAD 0"


def year_against_mean(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find areas whose year is far from the mean of the three years before it (WHO DQR: 33 %); one note an area.

    Only the latest year is told: earlier ones have been reported and explained. Only items that are counted.
    """
    found = Findings(data)
    share, floor = limit(data, "mean_share"), limit(data, "mean_floor")
    if len(counted.yearly) <= _EARLIER:
        return found.frame()
    last = counted.yearly[-1]
    earlier = [f"{counted.years[last] - back:04d}" for back in range(1, _EARLIER + 1)]
    if not set(earlier) <= set(counted.periods):
        return found.frame()
    values = counted.filled("year")
    rows = pd.DataFrame(index=values.index).reset_index()
    areas = rows[rows["unit"] == ""]
    at = {period: areas.index[areas["period"] == period] for period in (counted.periods[last], *earlier)}
    codes = pd.Index(sorted(areas["area"].unique()))
    far: list[pd.DataFrame] = []
    for item, numbers in values.value.items():
        wide = np.full((len(codes), _EARLIER + 1), np.nan)
        for column, (_, of_period) in enumerate(at.items()):
            wide[codes.get_indexer(areas.loc[of_period, "area"]), column] = numbers[of_period]
        mean = wide[:, 1:].mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            change = wide[:, 0] / mean - 1
        here = np.flatnonzero((mean >= floor) & (np.abs(change) > share))
        far.append(pd.DataFrame({"area": codes[here], "item": item, "change": change[here]}))
    every = pd.concat(far, ignore_index=True) if far else pd.DataFrame(columns=["area", "item", "change"])
    every = every.sort_values("change", key=np.abs, ascending=False, kind="stable")
    for area, part in every.groupby("area"):
        names = [str(name) for name in part["item"]]
        row = (counted.periods[last], str(area), "")
        found.find(
            "year_against_mean",
            "note",
            row,
            ("item", names[0]),
            counted.where(*row, names[:4]) or f"facts/{area}.csv",
            topic="quality_figures",
            evidence="; ".join(
                f"{name} {change * 100:+.0f}%" for name, change in zip(names, part["change"], strict=True)
            ),
            likely="",
            items=found.listing("item", names, notes=[f"{change * 100:+.0f}%" for change in part["change"]]),
            share=number(share * 100),
        )
    return found.frame()


def pairs_of(data: Data) -> dict[tuple[str, str], str]:
    """Return the related pairs of items, part and whole: simple proportions with their indicator, and `a <= b`.

    Relations with a population are left out: how many are poor or old differs from township to township.
    """
    found: dict[tuple[str, str], str] = {}
    population = set(data.items.loc[data.items["family"] == POPULATION, "item"])
    for row in each_row(data.catalogue):
        if row.kind == "proportion" and row.numerator.isidentifier() and row.denominator.isidentifier():
            found[row.numerator, row.denominator] = row.indicator
    for row in each_row(data.checks):
        relation = formulas.parse_relation(row.expression)
        sides = relation.left + relation.right
        plain = all(term.coefficient == 1 and not term.parameters and not term.prior for term in sides)
        if plain and len(relation.left) == len(relation.right) == 1 and relation.comparison == "<=":
            if population.intersection(term.item for term in sides):
                continue
            found.setdefault((sides[0].item, sides[1].item), "")
    return found


def units_differ(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find units in which two related items stand in another ratio than in the area's other units.

    A pair is the numerator and denominator of a proportion, or the two sides of a relation `a <= b`. Told are ratios
    with a z or modified z above the cut-off among eight units or more, and further from the median than
    `quality_pair_share` of it (WHO DQR: consistency between related indicators), in the latest year; the part must
    be further from what the median makes of its whole than a Poisson count strays, `quality_z` of its roots.
    """
    found = Findings(data)
    cut, share, floor = limit(data, "modified_z"), limit(data, "pair_share"), limit(data, "mean_floor")
    plain_cut = limit(data, "z")
    groups = Groups.of(counted)
    if groups.members.shape[1] < _UNITS:
        return found.frame()
    for (part, whole), indicator in pairs_of(data).items():
        if part not in counted.items or whole not in counted.items:
            continue
        above, below = counted.values(part), counted.values(whole)
        for column in counted.yearly[-1:]:
            ones, others = groups.spread(above[:, column]), groups.spread(below[:, column])
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.where(others >= floor, ones / others, np.nan)
            enough = np.flatnonzero((~np.isnan(ratio)).sum(axis=1) >= _UNITS)
            middle, score, plain = median(ratio[enough])[:, None], modified_z(ratio[enough]), z_score(ratio[enough])
            far = (np.abs(score) > cut) | (np.abs(plain) > plain_cut)
            wild = far & (np.abs(ratio[enough] - middle) > share * middle)
            due = middle * others[enough]
            wild &= np.abs(ones[enough] - due) > plain_cut * np.sqrt(due)  # 5 cases instead of 2 are chance
            for at, member in zip(*np.nonzero(wild), strict=True):
                place = int(groups.members[enough[at], member])
                row = counted.key(place, int(column))
                value, usual = ratio[enough[at], member] * 100, middle[at, 0] * 100
                found.find(
                    "pair_differs",
                    "note",
                    row,
                    ("indicator", indicator) if indicator else ("item", part),
                    counted.where(*row, {part, whole}),
                    topic="quality_figures",
                    evidence=f"{number(ones[enough[at], member])}/{number(others[enough[at], member])} = "
                    + _evidence(value, usual, score[at, member], plain[at, member], 2),
                    likely="",
                    part=found.listing("item", [part]),
                    whole=found.listing("item", [whole]),
                    value=number(value, 2),
                    usual=number(usual, 2),
                )
    return found.frame()
