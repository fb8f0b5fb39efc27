"""The catalogue: items, indicators, parameters, checks and cell words, national rows with a dataset's own on top."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd

from evaltools import formulas, table_checks, table_files, tables
from evaltools.problems import ProblemList, nearest
from evaltools.tables import each_row

FILES = ("items", "indicators", "parameters", "checks", "cell_words")

OF_UNITS = ("units_meeting", "worst_unit")
"""Kinds computed from another indicator's value in each unit, not from items."""

_WITHOUT_DENOMINATOR = (*OF_UNITS, "count", "amount")
_PLACEHOLDERS = {"left", "right", "area", "period"}
"""What the sentences of a check may leave open."""

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Catalogue:
    """The tables, columns as in `tables.TABLES`; `unread` names those of which a file could not be read."""

    items: pd.DataFrame
    indicators: pd.DataFrame
    parameters: pd.DataFrame
    checks: pd.DataFrame
    cell_words: pd.DataFrame
    unread: frozenset[str] = frozenset()


def load_catalogue(national: Path, own: Path, problems: ProblemList, encoding: str = "") -> Catalogue:
    """Read the national catalogue and a dataset's own; own rows replace national rows of the same identifier.

    `national` and `own` are folders (either may be absent). Whatever is wrong goes to `problems`: unknown items,
    unparsable or cyclic formulas, missing translations, contradicting validity, repeated rows.
    """
    frames, unread = {}, set()
    if own.exists() and not own.is_dir():
        problems.say("must_be_folder", where=own.name, found=own.name)
    table_files.note_unread(own, FILES, "catalogue/", problems)
    for name in FILES:
        parts = []
        for folder, label in ((own, "catalogue/"), (national, "data/catalogue/")):
            path = table_files.locate(folder, name, label, problems)
            if path is not None:
                file, before = f"{label}{path.name}", problems.errors
                part = table_files.read(path, name, file, problems, encoding if folder == own else "utf-8")
                if (part.empty and problems.errors > before) or problems.lost_rows(file):
                    unread.add(name)
                table_checks.check_key(part, name, file, problems)
                parts.append(part.assign(at_row=file + " row " + part.index.astype(str)))
        identifier = tables.TABLES[name].key[0]
        if len(parts) == 2:
            parts[1] = parts[1][~parts[1][identifier].isin(parts[0][identifier])]
        frames[name] = pd.concat(parts) if parts else tables.empty(name).assign(at_row=pd.Series(dtype="str"))
    validate(frames, problems, frozenset(unread))
    clean = {name: frame.drop(columns="at_row").reset_index(drop=True) for name, frame in frames.items()}
    return Catalogue(**clean, unread=frozenset(unread))


def validate(frames: dict[str, pd.DataFrame], problems: ProblemList, unread: frozenset[str] = frozenset()) -> None:
    """Note every contradiction in the tables (each with a column `at_row`: file and row).

    What is only known from a table in `unread` is not held against the others.
    """
    items, indicators = frames["items"], frames["indicators"]
    for name in ("items", "indicators", "parameters", "checks"):
        identifier = tables.TABLES[name].key[0]
        for row in each_row(frames[name]):
            value = getattr(row, identifier)
            if value and not _IDENTIFIER.fullmatch(value):
                problems.say("bad_identifier", where=f"{row.at_row} column {identifier}", found=value)
    _check_parameters(frames["parameters"], problems)
    for row in each_row(frames["checks"]):
        for column in ("sentence_zh", "sentence_en"):
            if strange := _left_open(getattr(row, column)):
                problems.say("unknown_placeholder", where=f"{row.at_row} column {column}", found=", ".join(strange))
    if unread.intersection(("items", "indicators", "parameters")):
        return
    known_items = set(items["item"])
    known_parameters = set(frames["parameters"]["parameter"])
    known_indicators = set(indicators["indicator"])
    uses: dict[str, set[str]] = {}
    for row in each_row(indicators):
        if not row.kind:
            continue  # said already
        if row.kind in OF_UNITS:
            base = _base_indicator(row, known_indicators, known_parameters, problems)
            uses.setdefault(row.indicator, set()).update(base)
        else:
            _check_formula(row, "numerator", known_items, known_parameters, problems)
        if row.kind in _WITHOUT_DENOMINATOR:
            if row.denominator:
                problems.say("denominator_not_allowed", where=f"{row.at_row} column denominator", found=row.kind)
        elif not row.denominator:
            problems.say("denominator_needed", where=f"{row.at_row} column denominator", found=row.kind)
        else:
            _check_formula(row, "denominator", known_items, known_parameters, problems)
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        rows = indicators[indicators["indicator"].isin(error.args[1])]
        circle = " → ".join(error.args[1])
        problems.say("cyclic_formula", where=f"{rows['at_row'].iloc[0]} column numerator", found=circle)
    _check_validity(indicators, problems)
    _check_same_wording(indicators, problems)
    for row in each_row(frames["checks"]):
        where = f"{row.at_row} column expression"
        try:
            relation = formulas.parse_relation(row.expression)
        except formulas.FormulaError as error:
            if row.expression:
                problems.say("bad_relation", where=where, found=row.expression, evidence=error)
            continue
        _check_terms(relation.left + relation.right, where, known_items, known_parameters, problems)


def _left_open(sentence: str) -> list[str]:
    """Return what a sentence leaves open and may not, or itself if its braces do not pair."""
    try:
        fields = [field for _, *field in Formatter().parse(sentence) if field[0] is not None]
    except ValueError:
        return [sentence]
    return sorted({str(name) for name, form, conversion in fields if name not in _PLACEHOLDERS or form or conversion})


def _check_parameters(parameters: pd.DataFrame, problems: ProblemList) -> None:
    """A parameter has one value for a year and an area."""
    for _, rows in parameters.groupby(["parameter", "area"], sort=False):
        spans = sorted((int(row.valid_from or 0), int(row.valid_to or 9999), row.at_row) for row in each_row(rows))
        for first, last, where in spans:
            if first > last:
                problems.say("validity_reversed", where=f"{where} column valid_to", found=first, until=last)
        for (_, last, where), (first, _, next_where) in pairwise(spans):
            if first <= last:
                problems.say("parameter_overlap", where=f"{next_where} column valid_from", first=where)


def _check_formula(row: Any, column: str, items: set[str], parameters: set[str], problems: ProblemList) -> None:
    where = f"{row.at_row} column {column}"
    try:
        terms = formulas.parse(getattr(row, column))
    except formulas.FormulaError as error:
        if text := getattr(row, column):
            problems.say("bad_formula", where=where, found=text, evidence=error)
        return
    _check_terms(terms, where, items, parameters, problems)


def _check_terms(
    terms: tuple[formulas.Term, ...], where: str, items: set[str], parameters: set[str], problems: ProblemList
) -> None:
    for item in sorted(formulas.items(terms) - items):
        problems.say("unknown_in_formula", where=where, found=item, near=nearest(item, items) or "—")
    used = {name for term in terms for name in term.parameters}
    for name in sorted(used - parameters):
        near = nearest(name, parameters) or "—"
        problems.say("unknown_in_formula", where=where, found=name, near=near)


def _base_indicator(row: Any, indicators: set[str], parameters: set[str], problems: ProblemList) -> set[str]:
    """Return the indicator a units_meeting or worst_unit row is computed from."""
    where = f"{row.at_row} column numerator"
    name, parameter = row.numerator, ""
    if row.kind == "units_meeting":
        try:
            bar = formulas.parse_bar(row.numerator)
        except formulas.FormulaError as error:
            if row.numerator:
                problems.say("bad_bar", where=where, found=row.numerator, evidence=error)
            return set()
        name, parameter = bar.indicator, bar.parameter
    if name and name not in indicators:
        near = nearest(name, indicators) or "—"
        problems.say("unknown_in_formula", where=where, found=name, near=near)
    if name not in indicators:
        return set()
    if parameter and parameter not in parameters:
        near = nearest(parameter, parameters) or "—"
        problems.say("unknown_in_formula", where=where, found=parameter, near=near)
    return {name}


def _check_validity(indicators: pd.DataFrame, problems: ProblemList) -> None:
    """Definitions of one indicator follow each other with no gap and share one bridging year at most."""
    definitions: dict[str, list[tuple[int, int, str]]] = {}
    for row in each_row(indicators):
        first, last = int(row.valid_from or 0), int(row.valid_to or 9999)
        if first > last:
            problems.say("validity_reversed", where=f"{row.at_row} column valid_to", found=first, until=last)
        definitions.setdefault(row.indicator, []).append((first, last, str(row.at_row)))
    for spans in map(sorted, definitions.values()):
        for (_, last, where), (first, _, next_where) in pairwise(spans):
            number = where.rsplit(" ", 1)[1]
            shared = last - first + 1
            if shared > 1:
                problems.say("validity_overlap", where=f"{next_where} column valid_from", first=number, years=shared)
            elif shared < 0:
                problems.say("validity_gap", where=f"{next_where} column valid_from", first=number, years=-shared)


def _check_same_wording(indicators: pd.DataFrame, problems: ProblemList) -> None:
    """Two rows with the same formulas, scale and years are one indicator under two names."""
    content = ["kind", "numerator", "denominator", "per", "valid_from", "valid_to"]
    first = indicators.groupby(content, sort=False)["at_row"].transform("first")
    for row, original in zip(each_row(indicators), first, strict=True):
        if row.at_row != original:
            problems.say("same_wording", where=f"{row.at_row} column indicator", first=original.rsplit(" ", 1)[1])


@lru_cache(maxsize=64)
def _years(valid_from: str, valid_to: str) -> range:
    return range(int(valid_from or 0), int(valid_to or 9999) + 1)


def valid_in(rows: pd.DataFrame, year: int) -> pd.Series:
    """Return which rows (with valid_from, valid_to) are valid in a year."""
    return pd.Series(
        [year in _years(a, b) for a, b in zip(rows["valid_from"], rows["valid_to"], strict=True)],
        index=rows.index,
        dtype=bool,
    )
