"""What people gave: the points of scorers, counts of evidence and defects, yes and no, and vetoes."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from evaltools import periods
from evaltools.line_inputs import Key
from evaltools.line_values import KEY, Cell, exact, reason, say, say_infinite
from evaltools.problems import ProblemList, in_language
from evaltools.rule_model import Number, Value
from evaltools.rules import RULES
from evaltools.standards import Line, Standard
from evaltools.wording import LANGUAGES, word

Judgements = dict[tuple[str, str, str, str], list[Number]]

_FEWEST_TRIMMED = 3
_YES_AND_NO = {0, 1}


def is_judged(line: Line) -> bool:
    """Whether a line takes its value from the judgements."""
    return RULES[line.rule].of == "judged" or not line.indicator


def allowed_range(line: Line) -> tuple[Decimal, Decimal | None]:
    """Return the lowest and the highest judgement of a line; None: without limit."""
    if RULES[line.rule].of == "judged":
        return Decimal(0), line.points
    return Decimal(0), Decimal(1) if line.rule == "boolean" else None


def judged_cells(line: Line, keys: list[Key], judgements: Judgements) -> Iterator[Cell]:
    """Yield what the scorers gave a line for each key: their mean, with `trimmed` without one highest and lowest."""
    why = reason("no_judgement")
    for key in keys:
        scores = judgements.get((*key, line.id), [])
        if not scores:
            yield Cell(key, None, math.nan, None, why)
            continue
        if line.arguments.get("scorers") == "trimmed":
            scores = sorted(scores, key=lambda score: score.exact)[1:-1]
        mean = sum((score.exact for score in scores), Fraction(0)) / len(scores)
        text = scores[0].text
        if len(scores) > 1:
            text = f"({' + '.join(score.text for score in scores)})/{len(scores)}"
        yield Cell(key, Value.of(mean, text, 1, len(scores) > 1), float(mean), None, "")


def read_judgements(judgements: pd.DataFrame | None, standard: Standard, problems: ProblemList) -> Judgements:
    """Return (period, area, unit, line) -> what the scorers gave; what is out of bounds goes to `problems`."""
    found: Judgements = {}
    lines = {line.id: line for _, line in standard.lines if is_judged(line)}
    if judgements is None or not lines:
        return found
    for key, line, value in _rows(judgements, set(lines)):
        if math.isinf(value):
            say_infinite(problems, "judgements", key, value, line=line)
            continue
        score = exact(value)
        lowest, highest = allowed_range(lines[line])
        if score.exact < lowest or (highest is not None and score.exact > highest):
            full = _bound(highest)
            say(problems, "bad_judgement", "judgements", key, line=line, found=score.text, full=full)
        elif lines[line].rule == "boolean" and score.exact.denominator != 1:
            say(problems, "bad_judgement", "judgements", key, line=line, found=score.text, full="1")
        found.setdefault((*key, line), []).append(score)
    for (period, area, unit, line), scores in found.items():
        if lines[line].arguments.get("scorers") == "trimmed" and len(scores) < _FEWEST_TRIMMED:
            key, few = (period, area, unit), str(len(scores))
            say(problems, "too_few_scorers", "judgements", key, line=line, found=few, least=str(_FEWEST_TRIMMED))
        elif lines[line].rule == "boolean" and {score.exact for score in scores} == _YES_AND_NO:
            given = ", ".join(score.text for score in scores)
            say(problems, "scorers_disagree", "judgements", (period, area, unit), line=line, found=given)
    return found


def read_vetoes(judgements: pd.DataFrame | None, standard: Standard) -> dict[Key, list[str]]:
    """Return the vetoes recorded of each period, area and unit, in the order of the standard."""
    order = [veto.id for veto in standard.vetoes]
    found: dict[Key, set[str]] = {}
    if judgements is not None and order:
        for key, line, value in _rows(judgements, set(order)):
            if value > 0:
                found.setdefault(key, set()).add(line)
    return {key: [name for name in order if name in names] for key, names in found.items()}


def check_scored(
    targets: pd.DataFrame,
    judgements: pd.DataFrame,
    standard: Standard,
    problems: ProblemList,
    reported: Collection[str] | None = None,
) -> None:
    """Note each row that `score` would refuse or pass over with this standard; the indexes must hold row numbers.

    reported: the periods of the facts; None does not look whether there are figures of a judgement's period. Whether
    areas and units exist is checked where the tables are read.
    """
    zero = targets[(targets["kind"] == "absolute") & (targets["target"] == 0)]
    for row, indicator in zero["indicator"].items():
        _note(problems, "bad_target", f"targets.csv row {row} column target", indicator=indicator, found="0")
    lines = {line.id: line for _, line in standard.lines if is_judged(line)}
    known = [*lines, *(veto.id for veto in standard.vetoes)]
    _note_scorers_who_disagree(judgements, {line.id for line in lines.values() if line.rule == "boolean"}, problems)
    unreported = _unreported(judgements, reported)
    columns = (judgements[name] for name in ("line", "value", "unit", "period"))
    for row, line, value, unit, period in zip(judgements.index, *columns, strict=True):
        where = f"judgements.csv row {row} column"
        if line not in known:
            values = {"line": line, "standard": standard.id, "allowed": ", ".join(known) or "—"}
            _note(problems, "unknown_judgement", f"{where} line", level="warning", **values)
            continue
        values = {"standard": standard.id, "line": line}
        # a veto of a whole area acts on its grade also where its units are scored
        if standard.objects == "unit" and not unit and line in lines:
            _note(problems, "judgement_of_area", f"{where} unit", level="warning", **values)
        elif standard.objects != "unit" and unit:
            _note(problems, "judgement_of_unit", f"{where} unit", level="warning", found=unit, **values)
        if period in unreported:
            _note(problems, "judgement_of_period", f"{where} period", level="warning", found=period, **values)
        lowest, highest = allowed_range(lines[line]) if line in lines else (Decimal(0), Decimal(1))
        if math.isinf(value):
            _note(problems, "infinite", f"{where} value", name=line, found="∞" if value > 0 else "-∞")
        elif not math.isnan(value) and (value < lowest or (highest is not None and value > highest)):
            texts = {"line": line, "found": exact(value).text, "full": _bound(highest)}
            _note(problems, "bad_judgement", f"{where} value", **texts)


def _unreported(judgements: pd.DataFrame, reported: Collection[str] | None) -> set[str]:
    """Return the periods of judgements in which no fact lies."""
    if reported is None:
        return set()
    own = {period for period in judgements["period"].unique() if period and period != periods.UNKNOWN}
    known = {period for period in reported if period != periods.UNKNOWN}
    return {period for period in own if not any(periods.contains(period, inner) for inner in known)}


def _note_scorers_who_disagree(judgements: pd.DataFrame, lines: set[str], problems: ProblemList) -> None:
    """Note the first row that says yes where others say no, or no where they say yes."""
    rows = judgements[judgements["line"].isin(list(lines)) & judgements["value"].isin([0, 1])]
    for (*_, line), own in rows.groupby([*KEY, "line"], sort=False):
        other = own.index[own["value"] != own["value"].iloc[0]]
        if len(other):
            given = ", ".join(exact(value).text for value in own["value"])
            where = f"judgements.csv row {other[0]} column value"
            _note(problems, "scorers_disagree", where, line=str(line), found=given)


def _rows(judgements: pd.DataFrame, lines: set[str]) -> Iterator[tuple[Key, str, float]]:
    """Yield place, line and value of each judgement of some lines that has a value."""
    rows = judgements if "unit" in judgements else judgements.assign(unit="")
    rows = rows[rows["line"].isin(list(lines)) & rows["value"].notna()].fillna({"unit": ""})
    columns = (rows[name] for name in (*KEY, "line", "value"))
    for period, area, unit, line, value in zip(*columns, strict=True):
        yield (period, area, unit), line, value


def _bound(highest: Decimal | None) -> str:
    return "∞" if highest is None else exact(highest).text


def _note(problems: ProblemList, sentence: str, where: str, level: str = "error", **texts: str) -> None:
    said = {f"sentence_{lang}": word(f"scoring.{sentence}", lang, **in_language(texts, lang)) for lang in LANGUAGES}
    problems.add(rule=f"scoring_{sentence}", where=where, level=level, **said)
