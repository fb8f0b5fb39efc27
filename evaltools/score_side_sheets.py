"""The other sheets of a score sheet: what scorers gave, the points of institutions, grades and vetoes."""

from __future__ import annotations

from decimal import Decimal

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from evaltools import template_cells as cells
from evaltools.score_sheet import JUDGED, ScoreSheet
from evaltools.template_cells import Style, formula, put
from evaltools.template_sheets import quoted
from evaltools.wording import word

_SPARE_SCORERS = 5
"""Columns offered for scorers at least."""


class SideSheets:
    """Adds them to a workbook, each by a method that returns the ranges of cells by which formulas refer to it."""

    def __init__(self, book: Workbook, content: ScoreSheet, styles: dict[str, Style]) -> None:
        self.book, self.content, self.styles = book, content, styles
        self.standard, self.lang = content.standard, content.lang

    def word(self, key: str, **values: object) -> str:
        """Return a word of the score sheet."""
        return word(f"score_sheet.{key}", self.lang, **values)

    def another(self, name: str, heads: list[str], widths: list[float], hint: str) -> tuple[Worksheet, str]:
        """Return a new sheet with its header in row 2, and its name as a formula needs it."""
        sheet = self.book.create_sheet(self.word(f"sheet_{name}"))
        put(sheet, 1, 1, hint, self.styles["hint"])
        for number, head in enumerate(heads, 1):
            put(sheet, 2, number, head, self.styles["head"])
        for number, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.freeze_panes = "C3"
        cells.print_set_up(sheet, self.lang, landscape=True)
        cells.protect(sheet)
        return sheet, quoted(sheet.title)

    def add_judged(self) -> dict[str, str]:
        """Add the scores that people gave, a line in a row; return the range of each line."""
        rows = [row for row in self.content.lines if row.source == JUDGED]
        if not rows:
            return {}
        count = max(_SPARE_SCORERS, *(len(row.scores) + 1 for row in rows))
        heads = [self.word("column_line"), self.word("column_name")]
        heads += [self.word("scorer", n=n) for n in range(1, count + 1)]
        sheet, name = self.another("judged", heads, [10, 36, *[9.0] * count], self.word("judged_hint"))
        last = get_column_letter(count + 2)
        found = {}
        for at, row in enumerate(rows, 3):
            put(sheet, at, 1, row.line.id, self.styles["text"])
            put(sheet, at, 2, self.content.names[row.line.id], self.styles["text"])
            for number in range(count):
                score = row.scores[number] if number < len(row.scores) else None
                put(sheet, at, number + 3, typed(score), self.styles["input"])
            found[row.line.id] = f"{name}!$C${at}:${last}${at}"
        return found

    def add_units(self) -> dict[str, tuple[str, str]]:
        """Add the points of institutions, one in a row; return the ranges of weights and of points of each line."""
        if not self.content.units:
            return {}
        ids = [line.id for _, line in self.standard.lines]
        heads = [self.word("unit"), self.word("unit_name"), self.word("weight"), *ids]
        sheet, name = self.another("units", heads, [10, 30, 12, *[9.0] * len(ids)], self.word("units_hint"))
        end = len(self.content.units) + 2
        for at, unit in enumerate(self.content.units, 3):
            put(sheet, at, 1, unit.unit, self.styles["text"])
            put(sheet, at, 2, self.content.unit_names.get(unit.unit) or unit.unit, self.styles["text"])
            put(sheet, at, 3, typed(unit.weight), self.styles["input"])
            for number, line in enumerate(ids, 4):
                put(sheet, at, number, typed(unit.points.get(line)), self.styles["input"])
        found = {}
        for number, line in enumerate(ids, 4):
            letter = get_column_letter(number)
            found[line] = (f"{name}!$C$3:$C${end}", f"{name}!${letter}$3:${letter}${end}")
        return found

    def add_grades(self) -> tuple[str, str]:
        """Add the grades, lowest first as a look-up needs them; return the ranges of their starts and names."""
        heads = [self.word("grade_from"), self.word("grade")]
        sheet, name = self.another("grades", heads, [12, 24], self.word("grades_hint"))
        grades = self.standard.grades[::-1]
        for at, grade in enumerate(grades, 3):
            put(sheet, at, 1, typed(float(grade.start)), self.styles["given"])
            put(sheet, at, 2, name_of(grade, self.lang), self.styles["text"])
        end = len(grades) + 2
        return f"{name}!$A$3:$A${end}", f"{name}!$B$3:$B${end}"

    def add_vetoes(self, before: str, names: str) -> str:
        """Add the vetoes, each with the grade that it leaves; return the cell of the position that all of them leave.

        before: the formula of the position of the total's grade, the lowest at 1. Rows stand as in the standard;
        whatever their order, a grade first drops by all steps and is capped then, as in `score_totals.grade_after`.
        """
        heads = [self.word(key) for key in ("veto", "veto_effect", "veto_recorded", "veto_grade")] + ["#"]
        sheet, name = self.another("vetoes", heads, [40, 24, 12, 16, 6], self.word("vetoes_hint"))
        order = [grade.id for grade in self.standard.grades[::-1]]
        known = {grade.id: name_of(grade, self.lang) for grade in self.standard.grades}
        rows = enumerate(self.standard.vetoes, 3)
        for at, veto in sorted(rows, key=lambda row: row[1].effect != "drop_grade"):
            put(sheet, at, 1, name_of(veto, self.lang), self.styles["text"])
            said = self.word(f"effect_{veto.effect}", grade=known.get(veto.grade, ""), n=veto.grades)
            put(sheet, at, 2, said, self.styles["text"])
            put(sheet, at, 3, 1 if veto.id in self.content.vetoes else None, self.styles["input"])
            if veto.effect in ("set_grade", "cap_grade"):
                then = f"MIN({before},{order.index(veto.grade) + 1})"
            elif veto.effect == "drop_grade":
                then = f"MAX({before}-{veto.grades},1)"
            else:
                then = before
            formula(sheet, at, 5, f'=IF({before}="","",IF(N(C{at})>0,{then},{before}))', self.styles["computed"])
            formula(sheet, at, 4, f'=IF(E{at}="","",INDEX({names},E{at}))', self.styles["computed_text"])
            before = f"$E${at}"
        return f"{name}!{before}"


def plain(points: Decimal) -> str:
    """Return points as they are read: 2, 2.5."""
    return format(points.normalize(), "f")


def typed(number: float | None) -> float | int | None:
    """Return a number as it is typed into a cell: at 15 digits, whole ones without a point."""
    if number is None:
        return None
    found = float(format(number, ".15g"))
    return int(found) if found.is_integer() and abs(found) < 1e15 else found


def name_of(named: object, lang: str) -> str:
    """Return the name of a grade or veto, its id if it has none."""
    return str(getattr(named, f"name_{lang}")) or str(getattr(named, "id", ""))


def styles(lang: str, digits: int) -> dict[str, Style]:
    """Return the styles of the cells by their kind; points have so many digits."""
    decimals = "0." + "0" * digits if digits else "0"
    return {
        "title": Style(lang, size=14, bold=True, frame=False, wrap=False),
        "hint": Style(lang, size=9, ink="muted", frame=False, wrap=False),
        "head": Style(lang, bold=True, fill="head", across="center"),
        "section": Style(lang, bold=True, fill="last"),
        "text": Style(lang),
        "centre": Style(lang, across="center"),
        "small": Style(lang, size=9),
        "input": Style(lang, across="right", wrap=False, locked=False),
        "given": Style(lang, fill="last", across="right", wrap=False),
        "closed": Style(lang, fill="closed"),
        "computed": Style(lang, fill="computed", across="right", wrap=False, number="0.####"),
        "computed_text": Style(lang, fill="computed", across="center"),
        "points": Style(lang, bold=True, fill="computed", across="right", wrap=False, number=decimals),
        "points_given": Style(lang, fill="last", across="right", wrap=False, number=decimals),
        "sum": Style(lang, bold=True, fill="head", across="right", wrap=False, number=decimals),
        "sum_raw": Style(lang, fill="head", across="right", wrap=False, number="0.####"),
        "sum_text": Style(lang, bold=True, fill="head"),
        "check": Style(lang, fill="computed", across="center"),
    }
