"""What each line of a standard scores in each area: an exact value, a target, or the reason there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import wording
from evaltools.problems import ProblemList, in_language
from evaltools.rules import RULES, SIGNS, Number, Value
from evaltools.standards import Line, Standard
from evaltools.wording import LANGUAGES, word

KEY = ["period", "area", "unit"]
INDICATOR_COLUMNS = [*KEY, "indicator", "definition", "numerator", "denominator", "value", "reason"]

Key = tuple[str, str, str]
Targets = dict[tuple[str, str], dict[tuple[str, str], Number]]
Judgements = dict[tuple[str, str, str, str], list[Number]]

_CLOSE = 1e-9


class Cell(NamedTuple):
    """What one line scores in one area: its value (None: `reason` says why not), as given, and its target."""

    key: Key
    value: Value | None
    given: float
    target: Number | None
    reason: str
    applicable: bool = True
    withheld: bool = False


class Indicators:
    """The indicator rows, ready to be looked up line by line.

    Raises ValueError for a column that is absent and for two rows of one definition.
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        if absent := [column for column in INDICATOR_COLUMNS if column not in rows]:
            raise ValueError(f"the indicators have no column {', '.join(absent)}")
        rows = rows.reset_index(drop=True)
        repeated = rows.duplicated([*KEY, "indicator", "definition"])
        if repeated.any():
            first = rows.loc[repeated, [*KEY, "indicator", "definition"]].iloc[0]
            raise ValueError(f"the indicators hold {' '.join(map(str, first))} more than once")
        self.rows = rows
        self.code = rows.groupby(KEY, sort=False).ngroup().to_numpy()
        self.keys: list[Key] = list(rows[KEY].drop_duplicates().itertuples(index=False, name=None))
        self.at = rows.groupby("indicator", sort=False).indices
        of_unit = rows["unit"] != ""
        self.asked = set(zip(rows["indicator"], rows["period"], of_unit, strict=True))
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

    def cells(self, line: Line, targets: Targets) -> Iterator[Cell]:
        """Yield what a line scores for each key, in the order of the rows."""
        rule = RULES[line.rule]
        # the number that earns full points stands in the column target, also where a rule has no target
        stated = "target" if rule.takes_target else "lower" if line.direction == "down" else "upper"
        own = exact(line.arguments[stated]) if stated in line.arguments else None
        no_row, not_reported = reason("no_row"), word("terms.reason_not_reported", "en")
        not_applicable, withheld = word("terms.reason_not_applicable", "en"), word("disclosure.reason_withheld", "en")
        positions = self.positions(line)
        found = self.rows.iloc[positions]
        columns = (found[name].to_numpy(dtype=float).tolist() for name in ("numerator", "denominator", "value"))
        reasons = found["reason"].fillna("").tolist()
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


def judged_cells(line: Line, keys: list[Key], judgements: Judgements) -> Iterator[Cell]:
    """Yield the mean of the scorers of a line for each key."""
    why = reason("no_judgement")
    for key in keys:
        scores = judgements.get((*key, line.id), [])
        if not scores:
            yield Cell(key, None, math.nan, None, why)
            continue
        mean = sum((score.exact for score in scores), Fraction(0)) / len(scores)
        text = scores[0].text
        if len(scores) > 1:
            text = f"({' + '.join(score.text for score in scores)})/{len(scores)}"
        yield Cell(key, Value(mean, text, 1, len(scores) > 1), float(mean), None, "")


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
        if not float(target) > 0:
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


def read_judgements(judgements: pd.DataFrame | None, standard: Standard, problems: ProblemList) -> Judgements:
    """Return (period, area, unit, line) -> the scorers' points; those out of bounds go to `problems`."""
    found: Judgements = {}
    full = {line.id: exact(line.points) for _, line in standard.lines if RULES[line.rule].judged}
    if judgements is None or not full:
        return found
    rows = judgements if "unit" in judgements else judgements.assign(unit="")
    rows = rows[rows["line"].isin(list(full)) & rows["value"].notna()].fillna({"unit": ""})
    columns = (rows[name] for name in (*KEY, "line", "value"))
    for period, area, unit, line, value in zip(*columns, strict=True):
        score, most = exact(value), full[line]
        if not 0 <= score.exact <= most.exact:
            texts = {"line": line, "found": score.text, "full": most.text}
            say(problems, "bad_judgement", "judgements", (period, area, unit), **texts)
        found.setdefault((period, area, unit, line), []).append(score)
    return found


def check_scored(targets: pd.DataFrame, judgements: pd.DataFrame, standard: Standard, problems: ProblemList) -> None:
    """Note each row that `score` would refuse or pass over with this standard; the indexes must hold row numbers."""
    zero = targets[(targets["kind"] == "absolute") & (targets["target"] == 0)]
    for row, indicator in zero["indicator"].items():
        _note(problems, "bad_target", f"targets.csv row {row} column target", indicator=indicator, found="0")
    full = {line.id: line.points for _, line in standard.lines if RULES[line.rule].judged}
    for row, line, value in zip(judgements.index, judgements["line"], judgements["value"], strict=True):
        where = f"judgements.csv row {row} column"
        if line not in full:
            values = {"line": line, "standard": standard.id, "allowed": ", ".join(full) or "—"}
            _note(problems, "unknown_judgement", f"{where} line", level="warning", **values)
        elif not 0 <= value <= full[line] and not math.isnan(value):
            texts = {"line": line, "found": _plain(value), "full": exact(full[line]).text}
            _note(problems, "bad_judgement", f"{where} value", **texts)


def _note(problems: ProblemList, sentence: str, where: str, level: str = "error", **texts: str) -> None:
    said = {f"sentence_{lang}": word(f"scoring.{sentence}", lang, **in_language(texts, lang)) for lang in LANGUAGES}
    problems.add(rule=f"scoring_{sentence}", where=where, level=level, **said)


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
        return Value(number.exact, number.text + SIGNS[per], per, False)
    if above.is_integer() and below.is_integer():
        top, bottom = int(above), int(below)
        return Value(Fraction(top * per, bottom), f"{top}/{bottom}", per, True)
    numerator, denominator = exact(above), exact(below)
    ratio = numerator.exact * per / denominator.exact
    return Value(ratio, f"{numerator.text}/{denominator.text}", per, True)


def _most_specific(known: dict[tuple[str, str], Number], key: Key, has_denominator: bool) -> Number | None:
    """Return the target of the unit, else of the area, else of all areas."""
    _, area, unit = key
    places = [(area, unit), ("*", unit)]
    if unit and has_denominator:
        # a rate's target holds for its parts too; a count for the whole area does not
        places += [(area, ""), ("*", "")]
    return next((known[place] for place in places if place in known), None)
