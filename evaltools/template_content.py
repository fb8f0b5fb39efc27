"""What a return asks: which items of which places, last year's figures, and what the words of a cell mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evaltools import formulas, periods
from evaltools.aggregation import ItemValues, active, item_values
from evaltools.catalogue import OF_UNITS, Catalogue, load_catalogue, valid_in
from evaltools.datasets import Data, home
from evaltools.problems import InputError, ProblemList, nearest
from evaltools.tables import each_row

LEVELS = ("item", "area", "both")
"""Where an item is asked: of every unit, of the area as a whole only, or of both because units cannot be added."""


@dataclass(frozen=True, eq=False)
class Form:
    """One return to hand out, as data.

    items: the catalogue's columns with `level` (one of LEVELS), in the order of the sheets. units: the columns of the
    table units. areas: the area's own row. expected: code -> name of all areas that send one.
    last: (item, unit) -> the figure of the same period a year earlier; unit "" is the area. notes: item -> the lines
    that explain it, the text of one language. words: what a text that is no number means, as in `returns.Known`.
    notice_zh, notice_en: that the data are synthetic, "" where they are not.
    """

    dataset: str
    title: str
    notice_zh: str
    notice_en: str
    area: str
    name: str
    period: str
    origin: str
    lang: str
    items: pd.DataFrame
    units: pd.DataFrame
    areas: pd.DataFrame
    expected: Mapping[str, str]
    last: Mapping[tuple[str, str], float] = field(default_factory=dict)
    uses: Mapping[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    """item -> (indicator, `numerator` or `denominator`, definition) of every indicator that needs it."""
    words: Mapping[str, tuple[str, bool]] = field(default_factory=dict)

    @property
    def notice(self) -> str:
        """That the data are synthetic, in the language of the form."""
        return str(getattr(self, f"notice_{self.lang}"))

    @property
    def families(self) -> list[str]:
        """The families asked, in the order of their first item."""
        return list(dict.fromkeys(self.items["family"]))


def forms(data: Data, areas: Sequence[str], period: str, lang: str) -> Iterator[Form]:
    """Yield what the return of each area asks for a period; raises InputError for what is no area or no period.

    data: best the whole dataset, so that every county is asked the same items at the same level.
    """
    problems = ProblemList()
    for area in areas:
        if area not in set(data.areas["area"]):
            near = nearest(area, data.areas["area"]) or ", ".join(data.counties()[:3])
            problems.say("unknown_area", where=f"--area {area}", found=area, near=near)
    if not (period.isascii() and periods.is_period(period) and period != periods.UNKNOWN):
        problems.say("bad_period", where=f"--period {period}", topic="template", found=period)
    problems.raise_if_any()
    catalogue = load_catalogue(home() / "data" / "catalogue", data.folder / "catalogue", problems, data.meta.encoding)
    before = _last_year(data, period)
    for area in areas:
        yield _form(data, catalogue, before, area, period, lang, problems)


def _form(
    data: Data,
    catalogue: Catalogue,
    before: ItemValues | None,
    area: str,
    period: str,
    lang: str,
    problems: ProblemList,
) -> Form:
    units = data.units[(data.units["area"] == area) & (data.units["parent"] == "") & active(data.units, period)]
    origin = origin_of(data, period)
    items = asked(data, catalogue, period, origin, bool(len(units)))
    if items.empty:
        problems.say("nothing_asked", where=f"--period {period}", topic="template", period=period)
        raise InputError(problems.frame())
    meta = data.meta
    alive = set(data.areas.loc[active(data.areas, period), "area"])
    # a return stands for itself: what lies above an area, or follows it, is not in it
    own = data.areas[data.areas["area"] == area].assign(parent="", successor="")
    units = units.assign(successor=units["successor"].where(units["successor"].isin(units["unit"]), ""))
    return Form(
        dataset=meta.name,
        title=getattr(meta, f"title_{lang}"),
        notice_zh=meta.notice_zh if meta.synthetic else "",
        notice_en=meta.notice_en if meta.synthetic else "",
        area=area,
        name=data.area_name(area, lang),
        period=period,
        origin=origin,
        lang=lang,
        items=items,
        units=units.reset_index(drop=True),
        areas=own.reset_index(drop=True),
        expected={code: data.area_name(code, lang) for code in data.counties() if code in alive},
        last=_figures(before, area, period, items, units["unit"].tolist()),
        uses=uses(data, period, lang),
        words={row.text: (row.meaning, row.ambiguous == "yes") for row in each_row(catalogue.cell_words)},
    )


def _reported(data: Data, period: str) -> pd.DataFrame:
    """Return the facts that show what is asked for periods like this one: the same frequency, or else parts of years.

    A dataset with yearly and monthly returns asks each for its own items; what no return ever asked is asked by all.
    """
    facts = data.facts[data.facts["period"] != periods.UNKNOWN]
    every = {text: periods.every(text) for text in facts["period"].unique()}
    frequency = facts["period"].map(every)
    own = facts[frequency == periods.every(period)]
    if own.empty and periods.every(period) != "year":
        own = facts[frequency != "year"]
    return own


def origin_of(data: Data, period: str) -> str:
    """Return the origin that a return of this kind bears: the most frequent of such facts, else the most trusted."""
    counts = _reported(data, period)["origin"].value_counts()
    trust = [*data.meta.origins, *sorted({str(name) for name in counts.index} - set(data.meta.origins))]
    number = {str(name): int(count) for name, count in counts.items()}
    return max(trust, key=lambda name: (number.get(name, 0), -trust.index(name)), default="")


def asked(data: Data, catalogue: Catalogue, period: str, origin: str, has_units: bool) -> pd.DataFrame:
    """Return the items that are asked, with the level of each.

    An item is asked if an indicator that the dataset reports and that is valid in the period needs it, and if returns
    of this kind have ever held it or no return of any kind has (it is new). Where the dataset does not say which
    indicators it reports, its facts say so. Items that only the relations of the catalogue use are asked as long as
    they were reported a year ago, or in the period itself.
    """
    needed, of_any = needed_items(data.catalogue, period), needed_items(catalogue.indicators, "")
    reported = _reported(data, period)
    ever, known = set(data.facts["item"]), set(reported["item"])
    if known:
        needed = {item for item in needed if item in known or (item not in ever and bool(data.meta.indicators))}
        near = reported[reported["period"].isin((period, periods.shift(period, -1)))]
        related = {
            item
            for row in each_row(data.checks)
            for used in [_of_relation(row.expression)]
            if used & needed
            for item in used
        }
        needed |= (set(near["item"]) & related) - of_any
    items = data.items[data.items["item"].isin(needed)]
    own = reported[reported["origin"] == origin] if origin else reported
    by_unit, by_area = (set(own.loc[rows, "item"]) for rows in (own["unit"] != "", own["unit"] == ""))

    def level(item: str, over_units: str) -> str:
        if not has_units or (item in by_area and item not in by_unit):
            return "area"
        return "both" if over_units != "sum" and (item in by_area or item not in by_unit) else "item"

    levels = [level(row.item, row.over_units) for row in each_row(items)]
    first = {family: at for at, family in reversed(list(enumerate(data.items["family"])))}
    items = items.assign(level=levels, _at=items["family"].map(first))
    return items.sort_values("_at", kind="stable").drop(columns="_at").reset_index(drop=True)


def _of_relation(expression: str) -> set[str]:
    relation = formulas.parse_relation(expression)
    return formulas.items(relation.left + relation.right)


def needed_items(indicators: pd.DataFrame, period: str) -> set[str]:
    """Return the items in the formulas of the indicators valid in a period; of every era for ""."""
    rows = indicators[valid_in(indicators, periods.parse(period).year)] if period else indicators
    return {item for row in each_row(rows) if row.kind not in OF_UNITS for item in _parts(row)}


def _parts(row: object) -> dict[str, str]:
    """Return the items of an indicator: item -> numerator or denominator, whichever it is first in."""
    found: dict[str, str] = {}
    for part in ("numerator", "denominator"):
        text = getattr(row, part)
        for item in sorted(formulas.items(formulas.parse(text))) if text else ():
            found.setdefault(item, part)
    return found


def uses(data: Data, period: str, lang: str) -> dict[str, list[tuple[str, str, str]]]:
    """Return the indicators that need each item: item -> (name, numerator or denominator, definition)."""
    rows = data.catalogue[valid_in(data.catalogue, periods.parse(period).year)]
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in each_row(rows):
        if row.kind in OF_UNITS:
            continue
        texts = row.definition.split(" | ")
        definition = texts[0] if lang == "zh" else texts[-1]
        for item, part in _parts(row).items():
            found.setdefault(item, []).append((getattr(row, f"name_{lang}"), part, definition))
    return found


def _last_year(data: Data, period: str) -> ItemValues | None:
    """Return the figures of periods such as this one, with those of the year before among them if there are any."""
    return None if (data.facts["period"] == periods.UNKNOWN).all() else item_values(data, periods.every(period))


def _figures(
    values: ItemValues | None, area: str, period: str, items: pd.DataFrame, units: list[str]
) -> dict[tuple[str, str], float]:
    """Return the figures of the same period a year earlier: (item, unit) -> value; what is missing is not there."""
    if values is None:
        return {}
    before = periods.shortest(periods.shift(period, -1))
    places = {unit: (before, area, unit) for unit in ("", *units)}
    at = values.index.get_indexer(pd.MultiIndex.from_tuples(list(places.values())))
    return {
        (item, unit): float(values.value[item][row])
        for item in items["item"]
        if item in values.value
        for unit, row in zip(places, at, strict=True)
        if row >= 0 and not np.isnan(values.value[item][row])
    }
