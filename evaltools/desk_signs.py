"""Patterns that figures made at the desk leave, and honest ones too: every finding is a question."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from evaltools import rates
from evaltools.datasets import Data
from evaltools.fact_cells import Counted, Floats, Groups, Whole
from evaltools.findings import Findings, Indicators, limit, number
from evaltools.outlying_values import pairs_of
from evaltools.tables import each_row
from evaltools.wording import LANGUAGES, word
from evaltools.wording import period as period_label

_TOPIC = "quality_signs"
_UNITS = 5
_DIGITS = 10
_SAMPLED = re.compile(r"(?:抽查|抽取|回访|抽样)(?P<n>\d+)[^0-9]+?(?P<good>\d+)[份人户例名]")


def all_at_100(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find indicators at exactly 100 % in every unit of an area: five units, `quality_people_floor` people at least.

    One note for an area and its indicators, at the latest period, which names the earlier ones.
    """
    found = Findings(data)
    floor = limit(data, "people_floor")
    groups = Groups.of(counted)
    full: dict[tuple[int, int], list[str]] = {}
    whole_of = {}
    for (part, whole), indicator in pairs_of(data).items():
        if not indicator or part not in counted.items or whole not in counted.items:
            continue
        above, below = counted.values(part), counted.values(whole)
        for column in np.flatnonzero(counted.years >= 0):
            ones, others = groups.spread(above[:, column]), groups.spread(below[:, column])
            known = ~np.isnan(ones) & (others > 0)
            equal = ((ones == others) | ~known).all(axis=1) & (known.sum(axis=1) >= _UNITS)
            for at in np.flatnonzero(equal & (np.where(known, others, 0).sum(axis=1) >= floor)):
                full.setdefault((int(column), int(at)), []).append(indicator)
                whole_of[indicator] = (part, whole)
    alike: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    for (period, area), names in sorted(full.items()):
        alike.setdefault((area, tuple(names)), []).append(period)
    for (area, of_area), columns in alike.items():
        period, names = columns[-1], list(of_area)
        earlier = [counted.periods[column] for column in columns[:-1]]
        members = groups.members[area][groups.members[area] >= 0]
        row = (counted.periods[period], groups.areas[area], "")
        cells = [counted.where(*counted.key(int(member), period), whole_of[names[0]][:1]) for member in members]
        found.find(
            "all_at_100",
            "note",
            row,
            ("indicator", names[0]),
            "; ".join(filter(None, cells)),
            topic=_TOPIC,
            evidence=str(len(members)),
            likely="",
            items=found.listing("indicator", names),
            earlier={lang: _earlier(earlier, lang) for lang in LANGUAGES},
        )
    return found.frame()


def _earlier(periods: list[str], lang: str) -> str:
    shown = ("、" if lang == "zh" else ", ").join(period_label(period, lang) for period in periods)
    return word("quality_signs.earlier_too", lang, periods=shown) if periods else ""


def copied(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find returns that repeat another: a place's previous year, or another unit of the area in the same period.

    At least five items, and the share `quality_copied_share` of them, must be equal; small numbers do not count.
    """
    found = Findings(data)
    share, floor = limit(data, "copied_share"), limit(data, "outlier_floor")
    years = counted.yearly
    large = np.zeros((len(counted.places), len(counted.periods)))
    equal, both, prints = (np.zeros_like(large) for _ in range(3))
    before = _year_before(counted)
    weight = np.random.default_rng(1).random(len(counted.items)) + 0.5
    for code, item in enumerate(counted.items):
        values = counted.values(item)
        here = values >= floor
        large += here
        prints += np.where(here, values, 0.0) * weight[code]
        past = np.where(before >= 0, values[:, before], np.nan)
        compared = here & ~np.isnan(past)
        both += compared
        equal += compared & (values == past)
    for place, column in zip(*np.nonzero((both >= _UNITS) & (equal >= share * both)), strict=True):
        if column in years:
            _copied(
                found,
                counted,
                int(place),
                int(column),
                "copied_year",
                f"{equal[place, column]:.0f}/{both[place, column]:.0f}",
            )
    for column in np.flatnonzero(counted.years >= 0):
        rows = np.flatnonzero(counted.is_unit & (large[:, column] >= _UNITS))
        keys = pd.DataFrame({"area": counted.places["area"].to_numpy()[rows], "print": prints[rows, column]})
        for at in np.flatnonzero(keys.duplicated().to_numpy()):
            first = rows[(keys == keys.iloc[at]).all(axis=1).to_numpy().argmax()]
            other = counted.key(int(first), int(column))
            said = {lang: found.place(other[1], other[2], lang) for lang in ("zh", "en")}
            _copied(
                found, counted, int(rows[at]), int(column), "copied_unit", f"{large[rows[at], column]:.0f}", other=said
            )
    return found.frame()


def _copied(
    found: Findings, counted: Counted, place: int, column: int, rule: str, evidence: str, **values: dict[str, str]
) -> None:
    row = counted.key(place, column)
    items = [item for item in counted.items if counted.row(*row, item) >= 0]
    where = counted.where(*row, items)
    found.find(rule, "warning", row, ("item", items[0]), where, topic=_TOPIC, evidence=evidence, likely="", **values)


def _year_before(counted: Counted) -> Whole:
    """Return for each period the column of the calendar year before it, -1 where there is none."""
    at = {int(counted.years[column]): int(column) for column in counted.yearly}
    yearly = set(counted.yearly.tolist())
    found = [at.get(int(year) - 1, -1) if column in yearly else -1 for column, year in enumerate(counted.years)]
    return np.array(found, dtype=np.int64)


def last_digits(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find areas whose units' counts of people end in some digits too often to be chance.

    Chi-square against ten equally likely last digits (Beber & Scacco 2012), on numbers of at least 100, with
    `quality_digits_least` of them or more; corrected for the number of areas tested (Holm 1979) at `quality_digits_p`.
    """
    found = Findings(data)
    least, p_limit = limit(data, "digits_least"), limit(data, "digits_p")
    people = np.array([item in set(data.items.loc[data.items["people"] == "yes", "item"]) for item in counted.items])
    whole = counted.value == np.rint(counted.value)
    used = counted.is_unit[counted.place] & whole & (counted.value >= 100)
    used &= people[counted.item] if len(people) else False
    codes, areas = pd.factorize(counted.places["area"].to_numpy(), sort=True)
    digit = np.mod(counted.value[used], _DIGITS).astype(np.int64)
    counts = np.bincount(codes[counted.place[used]] * _DIGITS + digit, minlength=len(areas) * _DIGITS)
    table = counts.reshape(len(areas), _DIGITS).astype(float)
    tested = np.flatnonzero(table.sum(axis=1) >= least)
    p = digit_test(table[tested])
    order = np.argsort(p, kind="stable")
    for rank, at in enumerate(order):
        if not p[at] * (len(p) - rank) < p_limit:
            break
        row, n = table[tested[at]], table[tested[at]].sum()
        digit_of = int(row.argmax())
        found.find(
            "last_digits",
            "note",
            ("", str(areas[tested[at]]), ""),
            ("item", ""),
            f"facts/{areas[tested[at]]}.csv",
            topic=_TOPIC,
            evidence=f"n = {n:.0f}; p = {p[at]:.1e}",
            likely="",
            digit=str(digit_of),
            share=number(row[digit_of] / n * 100, 1),
        )
    return found.frame()


def digit_test(table: Floats) -> Floats:
    """Return for each row, the counts of ten last digits, the p value of Pearson's chi-square (9 df)."""
    expected = table.sum(axis=1, keepdims=True) / _DIGITS
    return np.asarray(chdtrc(_DIGITS - 1, ((table - expected) ** 2 / expected).sum(axis=1)), dtype=float)


def reported_above_verified(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find figures of which on-site verification confirmed less than `quality_verified_share`.

    Where the evidence tells the sample (抽查30份档案，28份符合), the share confirmed has its Wilson interval, and the
    finding is made where the whole interval lies below what was reported, too.
    """
    found = Findings(data)
    share = limit(data, "verified_share")
    rows = data.adjustments[(data.adjustments["stage"] == "verified") & (data.adjustments["from"] > 0)]
    for row in each_row(rows.rename(columns={"from": "before", "to": "after"})):
        sample = _SAMPLED.search(row.evidence)
        part, upper = number(row.after / row.before * 100, 2) + "%", 1.0
        evidence = f"{number(row.after)}/{number(row.before)} = {part}"
        shown = {lang: word("quality_signs.verified_share", lang, share=part) for lang in LANGUAGES}
        if sample and 0 <= (good := int(sample["good"])) <= (n := int(sample["n"])) and n:
            low, high = (float(end[0]) for end in rates.wilson_limits(np.array([good]), np.array([n])))
            upper = high
            ends = {"low": number(low * 100, 1), "high": number(high * 100, 1)}
            evidence += f"; {good}/{n} ({ends['low']}%–{ends['high']}%)"
            for lang in LANGUAGES:
                shown[lang] += word("quality_signs.verified_sample", lang, n=n, good=good, **ends)
        if row.after / row.before < share or (row.after < row.before and upper < share):
            found.find(
                "verified_below",
                "note",
                (row.period, row.area, row.unit),
                ("item", row.item),
                f"adjustments.csv row {row.Index}",
                topic=_TOPIC,
                evidence=evidence,
                likely="",
                shown=shown,
                before=number(row.before),
                after=number(row.after),
            )
    return found.frame()
