"""What each line of a standard scores in each area: an exact value, a target, or the reason there is none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import periods, wording
from evaltools.line_inputs import Inputs, Key, Region, earlier_keys, units_meeting
from evaltools.problems import ProblemList
from evaltools.rule_model import SIGNS, Number, Value, decimal_text
from evaltools.rules import RULES
from evaltools.standards import Line, Rounding
from evaltools.wording import LANGUAGES, word

KEY = ["period", "area", "unit"]
INDICATOR_COLUMNS = [*KEY, "indicator", "definition", "numerator", "denominator", "value", "reason"]

_COUNTED = ["numerator", "denominator", "value"]

Targets = dict[tuple[str, str], dict[tuple[str, str], Number]]

_CLOSE = 1e-9
_NAMED = 10
"""Rows that an error names each."""


class Cell(NamedTuple):
    """What one line scores in one area: its value (None: `reason` says why not), as given, and its target.

    inputs: what else the rule asks for, `prior` or `mean`; absent where there is none.
    """

    key: Key
    value: Value | None
    given: float
    target: Number | None
    reason: str
    applicable: bool = True
    withheld: bool = False
    inputs: Inputs = MappingProxyType({})


class Indicators:
    """The indicator rows of areas, of units, or of both, ready to be looked up line by line.

    Raises ValueError for a column that is absent, for two rows of one definition and for infinite numbers.
    """

    def __init__(self, rows: pd.DataFrame, objects: str = "area") -> None:
        if absent := [column for column in INDICATOR_COLUMNS if column not in rows]:
            raise ValueError(f"the indicators have no column {', '.join(absent)}")
        columns = [*KEY, "indicator", "definition", *_COUNTED]
        infinite = np.isinf(rows[_COUNTED].to_numpy(dtype=float)).any(axis=1)
        refuse_rows(rows[columns], {"the indicators hold infinite numbers": infinite})
        self.all_rows = rows
        if objects != "both":
            rows = rows[(rows["unit"] != "") == (objects == "unit")]
        rows = rows.reset_index(drop=True)
        repeated = rows.duplicated([*KEY, "indicator", "definition"])
        if repeated.any():
            first = rows.loc[repeated, [*KEY, "indicator", "definition"]].iloc[0]
            raise ValueError(f"the indicators hold {' '.join(map(str, first))} more than once")
        self.rows = rows
        self.code = rows.groupby(KEY, sort=False).ngroup().to_numpy()
        self.keys: list[Key] = list(rows[KEY].drop_duplicates().itertuples(index=False, name=None))
        self.at = rows.groupby("indicator", sort=False).indices
        asked = rows[["indicator", "period"]].assign(of_unit=rows["unit"] != "").drop_duplicates()
        self.asked = set(asked.itertuples(index=False, name=None))
        self.definition = rows["definition"].fillna("").to_numpy(dtype=object)
        self.per, self.is_ratio = _multipliers(rows)

    def positions(self, line: Line) -> NDArray[np.intp]:
        """Return for each key the row that the line scores, or -1."""
        found = np.asarray(self.at.get(line.indicator, []), dtype=np.intp)
        definition = self.definition[found]
        if line.definition:
            found = found[definition == line.definition]
        else:
            # the newest definition comes last and stays
            found = found[np.argsort(definition, kind="stable")]
        positions = np.full(len(self.keys), -1, dtype=np.intp)
        positions[self.code[found]] = found
        return positions

    def cells(self, line: Line, targets: Targets, region: Region | None, rounding: Rounding) -> Iterator[Cell]:
        """Yield what a line scores for each key, in the order of the rows.

        The share of units that meet a bar comes as its counts, see `value_first`. Raises ValueError for a rule that
        compares with the region where `region` is None.
        """
        rule = RULES[line.rule]
        if region is None and (rule.of == "percentile" or "mean" in rule.inputs):
            raise ValueError(f"line {line.id} compares with the region: give score the benchmark, ev.benchmark(...)")
        cells = self._plain_cells(line, targets)
        if rounding.value_digits is not None and rule.of != "percentile":
            cells = (value_first(cell, rounding) for cell in cells)
        if rule.of == "percentile":
            assert region is not None
            return self._positions(line, cells, region)
        if rule.of == "units_meeting":
            return self._units_meeting(line, cells, rounding)
        if "mean" in rule.inputs:
            assert region is not None
            return self._beside_mean(line, cells, region)
        return self._beside_prior(line, list(cells)) if "prior" in rule.inputs else cells

    def _plain_cells(self, line: Line, targets: Targets) -> Iterator[Cell]:
        rule = RULES[line.rule]
        own = exact(line.arguments[stated]) if (stated := earns_all(line)) in line.arguments else None
        no_row, not_reported = reason("no_row"), word("terms.reason_not_reported", "en")
        not_applicable, withheld = word("terms.reason_not_applicable", "en"), word("disclosure.reason_withheld", "en")
        positions = self.positions(line)
        found = self.rows.iloc[positions]
        columns = (found[name].to_numpy(dtype=float).tolist() for name in ("numerator", "denominator", "value"))
        reasons = found["reason"].fillna("").to_numpy(dtype=object).tolist()
        multipliers = (self.per[positions].tolist(), self.is_ratio[positions].tolist())
        for key, position, above, below, given, why, per, is_ratio in zip(
            self.keys, positions.tolist(), *columns, reasons, *multipliers, strict=True
        ):
            target = own
            if own is None and rule.takes_target:
                has_denominator = position >= 0 and not math.isnan(below)
                target = _most_specific(targets.get((key[0], line.indicator), {}), key, has_denominator)
            if position < 0:
                # valid in the period if others have it; an indicator nobody has did not exist then
                applicable = (line.indicator, key[0], key[2] != "") in self.asked
                yield Cell(key, None, math.nan, target, no_row, applicable)
            elif math.isnan(given):
                applicable = not (why.startswith(not_applicable) or above == below == 0)
                yield Cell(key, None, math.nan, target, why or not_reported, applicable, why == withheld)
            else:
                value = _value(above, below, given, per or line.per or 1, is_ratio)
                yield Cell(key, value, given, target, why)

    def _positions(self, line: Line, cells: Iterable[Cell], region: Region) -> Iterator[Cell]:
        """Put the position among the areas of the region in the place of the value."""
        for cell in cells:
            place = region.position(line, cell.key) if cell.value is not None else None
            if cell.value is None or place is not None:
                yield cell._replace(value=place)
            else:
                yield cell._replace(value=None, applicable=False, reason=reason("no_region"))

    def _units_meeting(self, line: Line, cells: Iterable[Cell], rounding: Rounding) -> Iterator[Cell]:
        """Put the share of an area's units that reach the bar in the place of its value."""
        rows = self.all_rows[self.all_rows["indicator"] == line.indicator]
        shares = units_meeting(rows, line, rounding)
        for cell in cells:
            share, why = shares.get(cell.key[:2], (None, reason("no_units"))) if not cell.key[2] else (None, "")
            given = math.nan if share is None else float(share.exact)
            applicable = cell.key[:2] in shares and not cell.key[2]
            yield cell._replace(
                value=share,
                given=given,
                reason=why or reason("no_units") if share is None else "",
                applicable=applicable,
            )

    def _beside_mean(self, line: Line, cells: Iterable[Cell], region: Region) -> Iterator[Cell]:
        for cell in cells:
            if cell.value is None:
                yield cell
                continue
            mean = region.mean(line, cell.key, cell.value.per)
            if mean is not None and mean.above > 0:
                target = Number(mean.exact * Fraction(line.arguments["share"]) / 100, "")
                yield cell._replace(inputs={"mean": mean}, target=target)
            else:
                why = reason("no_region" if mean is None else "low_mean")
                yield cell._replace(value=None, applicable=False, reason=why)

    def _beside_prior(self, line: Line, cells: list[Cell]) -> Iterator[Cell]:
        """Give each value that of the year before, of the same definition."""
        definition = dict(zip(self.keys, self.definition[self.positions(line)].tolist(), strict=True))
        at = {cell.key: cell for cell in cells}
        earlier = earlier_keys(self.keys)
        for cell in cells:
            before = earlier.get(cell.key, ("", "", ""))
            past = at.get(before)
            if past is not None and past.value is not None and definition[before] == definition[cell.key]:
                cell = cell._replace(inputs={"prior": past.value})
            yield cell


def earns_all(line: Line) -> str:
    """Return which argument of a line is the value that earns full points, and so stands in the column `target`."""
    rule = RULES[line.rule]
    if rule.full_at is not None:
        return rule.full_at[rule.low_is_good(line.direction)]
    return "target"


def value_first(cell: Cell, rounding: Rounding) -> Cell:
    """Return a cell whose value is rounded before its rule is applied, if the standard rounds values first."""
    digits = rounding.value_digits
    if cell.value is None or digits is None:
        return cell
    units = rounding.units(cell.value.exact, digits)
    text = decimal_text(units, digits) + SIGNS[cell.value.per]
    return cell._replace(value=Value.of(Fraction(units, 10**digits), text, cell.value.per, False))


def read_targets(targets: pd.DataFrame | None, problems: ProblemList) -> Targets:
    """Return (period, indicator) -> (area or `*`, unit) -> absolute target; bad ones go to `problems`."""
    found: Targets = {}
    if targets is None or not len(targets):
        return found
    rows = targets.assign(**{name: "" for name in ("unit", "kind") if name not in targets})
    rows = rows.fillna({"unit": "", "kind": ""})
    rows = rows[rows["kind"].isin(["absolute", ""])]
    columns = (rows[name] for name in (*KEY, "indicator", "target"))
    for period, area, unit, indicator, target in zip(*columns, strict=True):
        known = found.setdefault((period, indicator), {})
        if math.isinf(target):
            say_infinite(problems, "targets", (period, area, unit), target, indicator=indicator)
        elif not float(target) > 0:
            say(
                problems,
                "bad_target",
                "targets",
                (period, area, unit),
                indicator=indicator,
                found=_plain(float(target)),
            )
        elif (area, unit) in known:
            say(problems, "repeated_target", "targets", (period, area, unit), indicator=indicator)
        else:
            known[area, unit] = exact(target)
    return found


def named_periods(rows: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return rows with their periods under the names that `ev.indicators` gives: `2024-H1`, not `2024-01/2024-06`."""
    if rows is None:
        return None
    names = {period: periods.shortest(period) for period in rows["period"].unique()}
    return rows.assign(period=rows["period"].map(names).astype("str"))


def _plain(number: float) -> str:
    return "" if math.isnan(number) else exact(number).text


def exact(number: float | int | str | Decimal) -> Number:
    """Return a number as the decimal it was typed as: a float at 15 significant digits, so 0.1 + 0.2 is 0.3."""
    if isinstance(number, float):
        if number.is_integer():
            return Number(Fraction(int(number)), str(int(number)))
        number = format(number, ".15g")
    decimal = Decimal(number)
    text = format(decimal, "f")
    return Number(Fraction(decimal), text.rstrip("0").rstrip(".") if "." in text else text)


def reason(key: str, **values: object) -> str:
    """Return a reason of the words file `scoring` in English, as frames carry it."""
    return word(f"scoring.reason_{key}", "en", **values)


def say(problems: ProblemList, sentence: str, table: str, key: Key, **texts: str) -> None:
    """Note a problem with one row of a table; a value `reason` is said in either language."""
    period, area, unit = key
    sentences = []
    for lang in LANGUAGES:
        own = dict(texts)
        if "reason" in own:
            own["reason"] = wording.reason(own["reason"], lang)
        sentences.append(word(f"scoring.{sentence}", lang, **own))
    problems.add(
        rule=f"scoring_{sentence}",
        where=" ".join(part for part in (table, *key) if part),
        sentence_zh=sentences[0],
        sentence_en=sentences[1],
        subject=texts.get("line", texts.get("indicator", "")),
        period=period,
        area=area,
        unit=unit,
    )


def say_infinite(problems: ProblemList, table: str, key: Key, number: float, **subject: str) -> None:
    """Note an infinite number in a row of a table; subject: its `line` or its `indicator`."""
    found = "∞" if number > 0 else "-∞"
    say(problems, "infinite", table, key, name=next(iter(subject.values())), found=found, **subject)


def refuse_rows(rows: pd.DataFrame, said: Mapping[str, NDArray[np.bool_]]) -> None:
    """Raise a ValueError that names the rows which something is said of; of many the first ones."""
    parts = []
    for sentence, bad in said.items():
        named = [
            " ".join(part for part in map(str, row) if part)
            for row in rows[bad].head(_NAMED).itertuples(index=False, name=None)
        ]
        more = f" and {bad.sum() - _NAMED} more" if bad.sum() > _NAMED else ""
        parts += [f"{sentence}: {', '.join(named)}{more}"] if named else []
    if parts:
        raise ValueError("; ".join(parts))


def _multipliers(rows: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return each row's `per` (0: unknown), and whether its value is numerator / denominator × per.

    The frame carries no `per`, but its numbers tell; a value of 0 takes that of its indicator's other rows.
    """
    above, below, value = (rows[name].to_numpy(dtype=float) for name in ("numerator", "denominator", "value"))
    with np.errstate(all="ignore"):
        found = value * below / above
        per = 10.0 ** np.round(np.log10(found))
        good = np.isin(per, list(SIGNS)) & (np.abs(found / per - 1) < _CLOSE)
    known = pd.Series(np.where(good, per, np.nan))
    shared = known.groupby([rows["indicator"], rows["definition"]], dropna=False).transform("max")
    zero = (above == 0) & (value == 0) & (below > 0)
    return known.fillna(shared).fillna(0).to_numpy().astype(np.int64), good | zero


def _value(above: float, below: float, given: float, per: int, is_ratio: bool) -> Value:
    if not is_ratio:
        number = exact(given)
        return Value.of(number.exact, number.text + SIGNS[per], per, False)
    if above.is_integer() and below.is_integer():
        top, bottom = int(above), int(below)
        return Value(top * per, bottom, f"{top}/{bottom}", per, True)
    numerator, denominator = exact(above), exact(below)
    ratio = numerator.exact * per / denominator.exact
    return Value.of(ratio, f"{numerator.text}/{denominator.text}", per, True)


def _most_specific(known: dict[tuple[str, str], Number], key: Key, has_denominator: bool) -> Number | None:
    """Return the target of the unit, else of the area, else of all areas."""
    _, area, unit = key
    places = [(area, unit), ("*", unit)]
    if unit and has_denominator:
        # a rate's target holds for its parts too; a count for the whole area does not
        places += [(area, ""), ("*", "")]
    return next((known[place] for place in places if place in known), None)
