"""What is wrong or doubtful in the data: relations, arithmetic, claims, completeness; all findings at once."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import formulas, periods
from evaltools.aggregation import KEY, NOT_APPLICABLE, NOT_REPORTED, PLACE, ItemValues, active, trusted
from evaltools.datasets import Data
from evaltools.measures import ABOVE_ALL, evaluate, indicators
from evaltools.problems import COLUMNS, LEVELS, ProblemList
from evaltools.tables import each_row
from evaltools.trends import year_on_year
from evaltools.wording import period as period_label
from evaltools.wording import rounded, word


def number(value: float, digits: int | None = None) -> str:
    """Return a number as evidence: plain digits, the same in every language; all it has, or rounded half-up."""
    if digits is not None:
        return f"{rounded(value, digits):f}"
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))


OUTLIER_RATIO = 5.0
"""How many times its usual size a number must be to be called an outlier (a digit too many is ten times)."""

OUTLIER_FLOOR = 20.0
"""Below this usual size, ratios of counts say nothing."""


def check(data: Data) -> pd.DataFrame:
    """Return every finding about a dataset or an area, errors first.

    Columns: level rule period area unit subject where evidence likely sentence_zh sentence_en, all text. `rule`
    is the catalogue's check, or the name of a rule here; `where` the file and row (or the sender's cell) of the
    numbers concerned; `evidence` the arithmetic; `likely` what probably happened, "" when nothing can be said.
    """
    found = [data.remarks, *(rule(data) for rule in RULES)]
    frame = pd.concat(found, ignore_index=True).astype("str")[COLUMNS]
    order = frame["level"].map({level: at for at, level in enumerate(LEVELS)})
    return frame.iloc[order.argsort(kind="stable")].reset_index(drop=True)


class _Findings(ProblemList):
    """A list of findings that knows the names of a dataset's places, items and indicators."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.data = data
        self.names: dict[str, dict[tuple[str, ...], str]] = {}
        for lang in ("zh", "en"):
            names = self.names.setdefault(lang, {})
            name = f"name_{lang}"
            names |= {(a.area,): data.area_name(a.area, lang) for a in each_row(data.areas)}
            names |= {(u.area, u.unit): getattr(u, name) or u.name_zh for u in each_row(data.units)}
            names |= {("item", i.item): getattr(i, name) for i in each_row(data.items)}
            names |= {("indicator", i.indicator): getattr(i, name) for i in each_row(data.catalogue)}

    def place(self, area: str, unit: str, lang: str) -> str:
        names = self.names[lang]
        whole = names.get((area,), area)
        if not unit:
            return whole
        part = names.get((area, unit), unit)
        return f"{whole}{part}" if lang == "zh" else f"{part}, {whole}"

    def find(
        self,
        rule: str,
        level: str,
        row: tuple[str, str, str],
        subject: tuple[str, str],
        where: str,
        **values: str,
    ) -> None:
        """Note a finding about a (period, area, unit); words `findings.<rule>` say it.

        subject: ("item" | "indicator", identifier).
        """
        period, area, unit = row
        sentences = {
            lang: word(
                f"findings.{rule}",
                lang,
                place=self.place(area, unit, lang),
                period=period_label(period, lang),
                subject=self.names[lang].get(subject, subject[1]),
                **values,
            )
            for lang in ("zh", "en")
        }
        self.add(
            rule=rule,
            level=level,
            period=period,
            area=area,
            unit=unit,
            subject=subject[1],
            where=where,
            evidence=values.get("evidence", ""),
            likely=values.get("likely", ""),
            sentence_zh=sentences["zh"],
            sentence_en=sentences["en"],
        )


def relations(data: Data) -> pd.DataFrame:
    """Find where a relation of the catalogue does not hold between the numbers of one place and period."""
    found = _Findings(data)
    facts = trusted(data.facts, data.meta.origins)
    facts = facts[facts["period"] != periods.UNKNOWN]
    facts = facts.assign(reason=_reasons(facts))
    index = pd.MultiIndex.from_frame(facts[["period", *PLACE]].drop_duplicates()).sort_values()
    values = ItemValues.of(facts, index)
    cells = facts.set_index(KEY)["source"]
    for row in each_row(data.checks):
        relation = formulas.parse_relation(row.expression)
        left, _ = evaluate(relation.left, values, data.parameters)
        right, _ = evaluate(relation.right, values, data.parameters)
        broken = ~(np.isnan(left) | np.isnan(right) | _holds(left, relation.comparison, right))
        for at in np.flatnonzero(broken):
            place = index[int(at)]
            used = sorted(formulas.items(relation.left + relation.right))
            period, area, unit = place
            text = {lang: period_label(period, lang) for lang in ("zh", "en")}
            sides = {"left": number(left[at]), "right": number(right[at])}
            found.add(
                rule=row.check,
                level=row.level,
                period=period,
                area=area,
                unit=unit,
                subject=used[0],
                where="; ".join(str(cells[(*place, item)]) for item in used if (*place, item) in cells.index),
                evidence=f"{sides['left']} {relation.comparison} {sides['right']}",
                sentence_zh=row.sentence_zh.format(**sides, period=text["zh"], area=found.place(area, unit, "zh")),
                sentence_en=row.sentence_en.format(**sides, period=text["en"], area=found.place(area, unit, "en")),
            )
    return found.frame()


def _reasons(facts: pd.DataFrame) -> pd.Series:
    reason = pd.Series("", index=facts.index, dtype="str").mask(facts["value"].isna(), NOT_REPORTED)
    return reason.mask(facts["state"] == "not_applicable", NOT_APPLICABLE)


def _holds(left: NDArray[np.float64], comparison: str, right: NDArray[np.float64]) -> NDArray[np.bool_]:
    close = np.isclose(left, right, rtol=0, atol=1e-6)
    holds: dict[str, NDArray[np.bool_]] = {
        "<=": (left <= right) | close,
        ">=": (left >= right) | close,
        "==": close,
        "!=": ~close,
        "<": (left < right) & ~close,
        ">": (left > right) & ~close,
    }
    return holds[comparison]


def above_all(data: Data) -> pd.DataFrame:
    """Find proportions above 100 %: more were served than there are."""
    found = _Findings(data)
    for every in ("year", "month"):
        ind = indicators(data, every)
        for row in each_row(ind[ind["reason"].str.startswith(ABOVE_ALL)]):
            found.find(
                "above_100",
                "error",
                (row.period, row.area, row.unit),
                ("indicator", row.indicator),
                _where(data, row.period, row.area, row.unit, row.indicator, row.definition),
                evidence=f"{number(row.numerator)}/{number(row.denominator)} = {number(row.value, 2)}%",
                likely="",
            )
    return found.frame()


def _where(data: Data, period: str, area: str, unit: str, indicator: str, definition: str) -> str:
    """Return the cells an indicator was computed from, where they are facts of that very place and period."""
    rows = data.catalogue[(data.catalogue["indicator"] == indicator)]
    row = rows[rows["valid_from"] == definition].iloc[0]
    used: set[str] = set()
    for text in filter(None, (row["numerator"], row["denominator"])):
        used |= formulas.items(formulas.parse(text)) if row["kind"] not in ("units_meeting",) else set()
    facts = data.facts
    here = (facts["period"] == period) & (facts["area"] == area) & (facts["unit"] == unit)
    return "; ".join(facts.loc[here & facts["item"].isin(used), "source"])


def units_against_total(data: Data) -> pd.DataFrame:
    """Find totals that a county reports beside its units' figures and that are not their sum."""
    found = _Findings(data)
    summable = set(data.items.loc[data.items["over_units"] == "sum", "item"])
    facts = trusted(data.facts, data.meta.origins)
    facts = facts[facts["item"].isin(summable) & (facts["period"] != periods.UNKNOWN)]
    top = data.units[data.units["parent"] == ""]
    parts = facts[facts["unit"] != ""].merge(top[PLACE], on=PLACE)
    living = {
        (period, area): int(count)
        for period in parts["period"].unique()
        for area, count in top[active(top, period)].groupby("area").size().items()
    }
    sums = (
        parts[parts["value"].notna() | (parts["state"] == "not_applicable")]
        .groupby(["period", "area", "item"])
        .agg(total=("value", "sum"), given=("value", "size"))
        .reset_index()
    )
    own = facts[(facts["unit"] == "") & facts["value"].notna()]
    both = own.merge(sums, on=["period", "area", "item"])
    for row in each_row(both[~np.isclose(both["value"], both["total"], rtol=0, atol=1e-6)]):
        if row.given == living.get((row.period, row.area)):
            found.find(
                "units_total",
                "error",
                (row.period, row.area, ""),
                ("item", row.item),
                row.source,
                evidence=f"{number(row.value)} ≠ {number(row.total)}",
                likely="",
                reported=number(row.value),
                total=number(row.total),
            )
    return found.frame()


def origins_differ(data: Data) -> pd.DataFrame:
    """Find one quantity with two values in two returns."""
    found = _Findings(data)
    counted = trusted(data.facts, data.meta.origins)
    others = data.facts.merge(counted[[*KEY, "origin", "value", "source"]], on=KEY, suffixes=("", "_counted"))
    others = others[(others["origin"] != others["origin_counted"]) & others["value"].notna()]
    for row in each_row(others[others["value"] != others["value_counted"]]):
        if pd.isna(row.value_counted):
            continue
        found.find(
            "origins_differ",
            "warning",
            (row.period, row.area, row.unit),
            ("item", row.item),
            f"{row.source_counted}; {row.source}",
            evidence=f"{number(row.value_counted)} ≠ {number(row.value)}",
            likely="",
            counted=number(row.value_counted),
            origin_counted=row.origin_counted,
            other=number(row.value),
            origin=row.origin,
        )
    return found.frame()


def silent_units(data: Data) -> pd.DataFrame:
    """Find units that exist in a year in which their county reported by unit, and sent nothing."""
    found = _Findings(data)
    facts = data.facts[(data.facts["unit"] != "") & (data.facts["period"] != periods.UNKNOWN)]
    for period, area in facts[["period", "area"]].drop_duplicates().itertuples(index=False, name=None):
        sent = set(facts.loc[(facts["period"] == period) & (facts["area"] == area), "unit"])
        here = data.units[(data.units["area"] == area) & (data.units["parent"] == "")]
        expected = set(here.loc[active(here, period), "unit"])
        for unit in sorted(expected - sent):
            found.find(
                "silent_unit",
                "warning",
                (period, area, unit),
                ("item", ""),
                f"facts/{area}.csv",
                evidence=f"{len(expected & sent)}/{len(expected)}",
                likely="",
            )
    return found.frame()


def outliers(data: Data) -> pd.DataFrame:
    """Find yearly counts many times larger or smaller than the same place usually reports.

    The usual size is the median of the place's other years (three at least, `OUTLIER_FLOOR` or more).
    """
    found = _Findings(data)
    facts = trusted(data.facts, data.meta.origins)
    yearly = facts[facts["period"].str.fullmatch(r"\d{4}") & facts["value"].notna()]
    wide = yearly.pivot(index=["area", "unit", "item"], columns="period", values="value")
    cells = yearly.set_index(KEY)["source"]
    for period in wide.columns:
        others = wide.drop(columns=period)
        usual = others.median(axis=1).where(others.notna().sum(axis=1) >= 3)
        ratio = wide[period] / usual
        wild = (usual >= OUTLIER_FLOOR) & ((ratio > OUTLIER_RATIO) | (ratio < 1 / OUTLIER_RATIO))
        for area, unit, item in wide.index[wild]:
            value, size = wide.loc[(area, unit, item), period], usual[area, unit, item]
            tenfold = min(abs(np.log10(value / size / shift)) for shift in (10, 0.1)) < 0.15 if value else False
            found.find(
                "outlier",
                "warning",
                (period, area, unit),
                ("item", item),
                str(cells[period, area, unit, item]),
                evidence=f"{number(value)} / {number(size)} = {number(value / size, 1)}",
                likely="a digit too many or too few" if tenfold else "",
                value=number(value),
                usual=number(size),
            )
    return found.frame()


def claims(data: Data) -> pd.DataFrame:
    """Find claims that their own figures, or the data, do not bear out at the precision they are printed with."""
    found = _Findings(data)
    ind = indicators(data, "year")
    # a later definition replaces an earlier one in the dictionary: claims mean the newest
    level = {_key(row): row for row in each_row(ind.sort_values("definition"))}
    change = {_key(row): row for row in each_row(year_on_year(ind, data.breaks).sort_values("definition"))}
    per = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")["per"].astype(float)
    targets = data.targets[data.targets["unit"] == ""].set_index(["period", "area", "indicator"])["target"]
    for row in each_row(data.claims):
        key = _key(row)
        place, subject = (row.period, row.area, row.unit), ("indicator", row.indicator)
        where = row.source or f"claims.csv row {row.Index}"
        if pd.isna(row.reported):
            continue
        said = number(row.reported)
        if row.measure == "level":
            _claimed_level(found, row, place, subject, where, level, float(per[row.indicator]))
        elif row.measure in ("change_pp", "change_percent") and key in change:
            points, relative = change[key].change_pp, change[key].change_percent
            right, other = (points, relative) if row.measure == "change_pp" else (relative, points)
            if np.isnan(right) or agrees(row.reported, right):
                continue
            mistaken = not np.isnan(other) and agrees(row.reported, other)
            rule = "claim_points" if mistaken else "claim_change"
            found.find(
                rule,
                "error",
                place,
                subject,
                where,
                evidence=f"{number(points, 2)} / {number(relative, 2)}%",
                likely="percentage points written as percent" if mistaken else "",
                said=said,
                points=number(points, 2),
                relative=number(relative, 2),
            )
        elif row.measure == "attainment" and key in level:
            target = targets.get((row.period, row.area, row.indicator), targets.get((row.period, "*", row.indicator)))
            value = level[key].value
            if target is None or np.isnan(value) or agrees(row.reported, value / target * 100):
                continue
            found.find(
                "claim_attainment",
                "error",
                place,
                subject,
                where,
                evidence=f"{number(value, 2)}/{number(target, 2)} = {number(value / target * 100, 2)}%",
                likely="",
                said=said,
                right=number(value / target * 100, 2),
            )
    return found.frame()


def _claimed_level(
    found: _Findings,
    row: Any,
    place: tuple[str, str, str],
    subject: tuple[str, str],
    where: str,
    level: dict[tuple[str, str, str, str], Any],
    per: float,
) -> None:
    """Compare a claimed level with its own numerator and denominator, then with the data."""
    if row.numerator > 0 and row.denominator > 0:
        own = row.numerator / row.denominator * per
        if not _bears(row.bound, row.reported, own):
            found.find(
                "claim_arithmetic",
                "error",
                place,
                subject,
                where,
                evidence=f"{number(row.numerator)}/{number(row.denominator)} = {number(own, 2)}",
                likely="",
                said=number(row.reported),
                right=number(own, 2),
            )
            return
    fact = level.get(_key(row))
    if fact is None:
        return
    value = fact.value
    if not np.isnan(value) and not _bears(row.bound, row.reported, value):
        found.find(
            "claim_level",
            "error",
            place,
            subject,
            where,
            evidence=f"{number(fact.numerator)}/{number(fact.denominator)} = {number(value, 2)}",
            likely="",
            said=number(row.reported),
            right=number(value, 2),
        )


def _key(row: Any) -> tuple[str, str, str, str]:
    return (row.period, row.area, row.unit, row.indicator)


def agrees(reported: float, exact: float) -> bool:
    """Whether a printed figure is the exact one rounded to the digits it shows."""
    exponent = Decimal(repr(float(reported))).normalize().as_tuple().exponent
    digits = max(0, -int(exponent))
    return abs(reported - exact) <= 0.5 * 10.0**-digits + 1e-9


def _bears(bound: str, reported: float, exact: float) -> bool:
    """Whether the exact value bears out a claim, which may be a bound (“98.5%以上”) or about."""
    if bound in (">=", ">"):
        return exact >= reported or agrees(reported, exact)
    if bound in ("<=", "<"):
        return exact <= reported or agrees(reported, exact)
    if bound == "about":
        return abs(exact - reported) <= 0.02 * abs(reported)
    return agrees(reported, exact)


RULES: list[Callable[[Data], pd.DataFrame]] = [
    relations,
    above_all,
    units_against_total,
    origins_differ,
    claims,
    silent_units,
    outliers,
]
"""Every rule: a function from a dataset to its findings."""
