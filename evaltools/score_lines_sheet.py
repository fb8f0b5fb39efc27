"""The main sheet of a score sheet: a line in a row, with sums, total and grade, all as formulas."""

from __future__ import annotations

from collections.abc import Mapping

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from evaltools import score_formulas as formulas
from evaltools import template_cells as cells
from evaltools import wording
from evaltools.rule_cells import rounded
from evaltools.rules import RULES
from evaltools.score_sheet import COUNTS, GIVEN, JUDGED, ROLLED, LineRow, ScoreSheet
from evaltools.score_side_sheets import SideSheets, name_of, plain, styles, typed
from evaltools.standards import BONUS, PENALTIES, Section
from evaltools.template_cells import formula, put
from evaltools.template_sheets import quoted
from evaltools.wording import topic, word

COLUMNS = (
    *("line", "name", "numerator", "denominator", "sign", "value", "target", "rule", "first", "second", "other"),
    *("full", "raw", "points", "lost", "counted", "published", "check", "because", "reason"),
)
_AT = {name: get_column_letter(number) for number, name in enumerate(COLUMNS, 1)}
_WIDTHS = {"line": 10.0, "name": 30.0, "sign": 7.0, "rule": 34.0, "because": 44.0, "reason": 30.0}
_WIDTH = 11.0
_HEAD, _FIRST = 5, 6


class LinesSheet:
    """Writes the sheet of a workbook that holds the lines: their places first, then what refers to them."""

    def __init__(self, book: Workbook, content: ScoreSheet) -> None:
        self.content, self.lang = content, content.lang
        self.standard, self.rounding = content.standard, content.standard.rounding
        self.sheet = book.worksheets[0]
        self.sheet.title = self.word("sheet_lines")
        self.styles = styles(self.lang, self.rounding.digits)
        self.side = SideSheets(book, content, self.styles)
        self.rows: dict[str, int] = {}
        self.subtotals: dict[str, int] = {}
        self.heads: dict[str, int] = {}
        row = _FIRST
        for section in (*self.standard.sections, None, *self.standard.extras):
            if section is None:  # the sum of the sections stands before bonus and penalties
                self.sum_row, row = row, row + 1
                continue
            self.heads[section.id], row = row, row + 1
            for line in section.lines:
                self.rows[line.id], row = row, row + 1
            self.subtotals[section.id], row = row, row + 1
        has_both = self.standard.bonus is not None and self.standard.penalties is not None
        self.after_bonus = row if has_both else 0
        self.total_row = row + has_both
        self.judged = self.side.add_judged()
        self.units = self.side.add_units()

    def word(self, key: str, **values: object) -> str:
        """Return a word of the score sheet."""
        return word(f"score_sheet.{key}", self.lang, **values)

    def write(self) -> None:
        """Write the sheet, and those of grades and vetoes."""
        self.header()
        by_section: dict[str, list[LineRow]] = {}
        for row in self.content.lines:
            by_section.setdefault(row.section.id, []).append(row)
        for section in (*self.standard.sections, *self.standard.extras):
            self.section(section, by_section[section.id])
        self.sum()
        self.total()
        self.lay_out()

    # --- the lines ---

    def header(self) -> None:
        """Write title, hints and the header."""
        standard, rounding = self.standard, self.rounding
        period = wording.period(self.content.period, self.lang)
        put(self.sheet, 1, 1, self.word("title", name=self.content.name, period=period), self.styles["title"])
        said = [self.word("subtitle", standard=getattr(standard, f"name_{self.lang}") or standard.id)]
        said.append(self.word(f"rounding_by_{rounding.of}_{rounding.mode}", digits=rounding.digits))
        if rounding.value_digits is not None:
            said.append(self.word("rounding_value", digits=rounding.value_digits))
        said.append(self.word("rescaling"))
        if self.content.units:
            said.append(self.word("rolled_up", sheet=self.word("sheet_units")))
        joint = "" if self.lang == "zh" else " "
        put(self.sheet, 2, 1, joint.join(said), self.styles["hint"])
        put(self.sheet, 3, 1, self.word("hint"), self.styles["hint"])
        for number, name in enumerate(COLUMNS, 1):
            put(self.sheet, _HEAD, number, self.word(f"column_{name}"), self.styles["head"])

    def section(self, section: Section, rows: list[LineRow]) -> None:
        """Write a section: its name, its lines, its subtotal."""
        extra = section.id in (BONUS, PENALTIES)
        name = self.word(section.id) if extra else getattr(section, f"name_{self.lang}") or section.id
        for number in range(1, len(COLUMNS) + 1):
            put(self.sheet, self.heads[section.id], number, name if number == 2 else None, self.styles["section"])
        for row in rows:
            self.line(row)
        at = self.subtotals[section.id]
        first, last = at - len(rows), at - 1
        cap = plain(section.points)
        label = self.word(f"{section.id}_sum", cap=cap) if extra else self.word("subtotal", name=name)
        full, raw, counted = (f"{_AT[part]}{at}" for part in ("full", "raw", "counted"))
        points = f"{_AT['points']}{first}:{_AT['points']}{last}"
        if extra:
            found = f"MAX(-{full},MIN({full},{raw}))"
        else:
            of_lines = self.rounding if self.rounding.of == "line" else None
            found = formulas.scaled_formula(raw, counted, full, of_lines)
        self.summary(at, label, float(section.points), f"SUM({points})", found, section.id, extra)
        if not extra:
            self.formula(at, "counted", f"SUM({_AT['counted']}{first}:{_AT['counted']}{last})", "sum")
        self.published(at, self.content.sections.get(section.id), "sum")

    def line(self, row: LineRow) -> None:
        """Write the row of a line."""
        at, line = self.rows[row.line.id], row.line
        where = {name: f"{letter}{at}" for name, letter in _AT.items()}
        where |= {"above": where["numerator"], "below": where["denominator"]}
        arguments = formulas.argument_names(line)
        where |= dict(zip(arguments, (where["first"], where["second"]), strict=False))
        if line.id in self.units:
            where["weights"], where["units"] = self.units[line.id]
        put(self.sheet, at, 1, line.id, self.styles["text"])
        put(self.sheet, at, 2, self.content.names[line.id], self.styles["text"])
        asks_target = "target" in RULES[line.rule].arguments and row.source != ROLLED
        asks_other = bool(RULES[line.rule].inputs) and row.source != ROLLED
        self.number(at, "numerator", row.above, "input" if row.source in (COUNTS, GIVEN) else "closed")
        self.number(at, "denominator", row.below, "input" if row.source == COUNTS else "closed")
        put(self.sheet, at, _column("sign"), row.sign or None, self.styles["centre"])
        open_target = asks_target and "target" not in line.arguments
        self.number(at, "target", row.target, "input" if open_target else "given" if asks_target else "closed")
        put(self.sheet, at, _column("rule"), self.rule_text(row, arguments), self.styles["small"])
        for place, name in zip(("first", "second"), (*arguments, "", ""), strict=False):
            stated = line.arguments.get(name) if row.source != ROLLED else None
            self.number(
                at, place, None if stated is None else float(stated), "given" if stated is not None else "closed"
            )
        self.number(at, "other", row.other, "input" if asks_other else "closed")
        self.number(at, "full", float(line.points), "points_given")
        if row.source == ROLLED:
            put(self.sheet, at, _column("value"), None, self.styles["closed"])
        elif row.source == JUDGED:
            trimmed = line.arguments.get("scorers") == "trimmed"
            self.formula(at, "value", formulas.judged_formula(self.judged[line.id], trimmed), "computed")
        else:
            self.formula(at, "value", formulas.value_formula(row, where, self.rounding), "computed")
        gates = [f"{_AT['points']}{self.rows[gate]}" for gate in line.gate] if row.source != ROLLED else []
        raw = formulas.raw_formula(row, where, gates, self.rounding)
        because, reason = row.because, wording.reason(row.reason, self.lang)
        if not formulas.fits(raw):
            self.number(at, "raw", row.points, "given")
            reason = "; ".join(filter(None, (reason, self.word("too_long"))))
        else:
            self.formula(at, "raw", raw, "computed")
        self.formula(at, "points", formulas.points_formula(where["raw"], self.rounding), "points")
        digits = self.rounding.digits if self.rounding.of == "line" else 10
        section = row.section.id
        lost = "0" if section == BONUS else formulas.lost_formula(where["points"], where["full"], section, digits)
        self.formula(at, "lost", lost, "points")
        if section in (BONUS, PENALTIES):
            put(self.sheet, at, _column("counted"), None, self.styles["closed"])
        else:
            self.formula(at, "counted", f'IF({where["points"]}="",0,{where["full"]})', "computed")
        self.published(at, row.points, "points_given")
        put(self.sheet, at, _column("because"), because or None, self.styles["small"])
        put(self.sheet, at, _column("reason"), reason or None, self.styles["small"])
        self.sheet.row_dimensions[at].height = (
            14.0
            * max(
                cells.lines(self.content.names[line.id], _WIDTHS["name"]),
                cells.lines(self.rule_text(row, arguments), _WIDTHS["rule"] * 1.1),
                cells.lines(because, _WIDTHS["because"] * 1.1),
                cells.lines(reason, _WIDTHS["reason"] * 1.1),
            )
            + 4
        )

    def rule_text(self, row: LineRow, arguments: list[str]) -> str:
        """Return what a line's rule is called and what it states that has no cell of its own."""
        line, known = row.line, topic("standard_sheets")
        name = f"rule_{line.rule}"
        parts = [word(f"standard_sheets.{name}", self.lang) if name in known else line.rule]
        for place, argument in zip(("first", "second"), arguments, strict=False):
            key = f"key_{argument}"
            said = word(f"standard_sheets.{key}", self.lang) if key in known else argument
            parts.append(f"{self.word(f'column_{place}')}={said}")
        for argument, stated in line.arguments.items():
            kind = RULES[line.rule].arguments[argument].kind
            if kind == "choice":
                key = f"choice_{stated}"
                parts.append(word(f"standard_sheets.{key}", self.lang) if key in known else str(stated))
            elif kind == "table":
                parts.extend(_entry(entry) for entry in stated)
        if RULES[line.rule].low_is_good(line.direction):
            parts.append(self.word("down"))
        parts += [self.word("gate", gate=gate) for gate in line.gate]
        return ("；" if self.lang == "zh" else "; ").join(parts)

    # --- sums, total, grade ---

    def sum(self) -> None:
        """Write the sum of the sections, rescaled to what is counted; only the total that is made of it is rounded."""
        at = self.sum_row
        of = [self.subtotals[section.id] for section in self.standard.sections]
        full, raw, counted = (f"{_AT[part]}{at}" for part in ("full", "raw", "counted"))
        found = formulas.scaled_formula(raw, counted, full, None)
        added = "+".join(f"{_AT['raw']}{row}" for row in of)
        self.summary(at, self.word("sum"), float(self.standard.total), added, found, "", False)
        self.formula(at, "counted", "+".join(f"{_AT['counted']}{row}" for row in of), "sum")

    def total(self) -> None:
        """Write the total with bonus and penalties, its grade, the grade after vetoes, and the check of all."""
        letter = _AT["points"]
        before = f"{letter}{self.sum_row}"
        steps = [(BONUS, self.after_bonus or self.total_row), (PENALTIES, self.total_row)]
        found = before
        for section, at in steps:
            if section not in self.subtotals:
                continue
            after = f"{before}+{letter}{self.subtotals[section]}"
            if section == BONUS and self.standard.bonus is not None and not self.standard.bonus.above_total:
                after = f"MIN({float(self.standard.total):.15g},{after})"
            found = f"MAX(0,{after})"
            if at != self.total_row:
                self.summary(at, self.word("after_bonus"), None, "", f'IF({before}="","",{found})', BONUS, True)
                before = found = f"{letter}{at}"
        at, full = self.total_row, float(self.standard.total)
        found = rounded(found, self.rounding)
        self.summary(at, self.word("total"), full, "", f'IF({before}="","",{found})', "", False)
        self.published(at, self.content.sections.get(""), "sum")
        grades, names = self.side.add_grades()
        total = f"{quoted(self.sheet.title)}!{letter}{at}"
        self.text_row(at + 1, self.word("grade"), f'IF({letter}{at}="","",LOOKUP({letter}{at},{grades},{names}))')
        final = at + 1
        if self.standard.vetoes:
            final = at + 2
            place = self.side.add_vetoes(f'IF({total}="","",MATCH({total},{grades},1))', names)
            self.text_row(final, self.word("grade_after"), f'IF({place}="","",INDEX({names},{place}))')
            recorded = [name_of(veto, self.lang) for veto in self.standard.vetoes if veto.id in self.content.vetoes]
            if recorded:
                joined = ("、" if self.lang == "zh" else ", ").join(recorded)
                put(self.sheet, final, _column("because"), self.word("vetoed", names=joined), self.styles["small"])
        grade = next(
            (name_of(known, self.lang) for known in self.standard.grades if known.id == self.content.grade), ""
        )
        put(self.sheet, final, _column("published"), grade or None, self.styles["sum_text"])
        same, different = self.word("same"), self.word("different")
        here, there, check = (f"{_AT[name]}{final}" for name in ("points", "published", "check"))
        self.formula(final, "check", f'IF({here}&""={there}&"","{same}","{different}")', "check")
        self.last = final + 1
        self.text_row(self.last, self.word("all_checks"), "")
        column = f"{_AT['check']}{_FIRST}:{check}"
        agreed = f'IF(COUNTIF({column},"{same}")={self.checks},"{same}","{different}")'
        self.formula(self.last, "check", agreed, "check")

    @property
    def checks(self) -> int:
        """The number of rows that are held against the report: lines, sections, total and grade."""
        return len(self.rows) + len(self.subtotals) + 2

    def summary(self, at: int, label: str, full: float | None, raw: str, found: str, section: str, extra: bool) -> None:
        """Write a row of sums."""
        for number in range(1, len(COLUMNS) + 1):
            put(self.sheet, at, number, label if number == 2 else None, self.styles["sum_text"])
        self.number(at, "full", full, "sum")
        if raw:
            self.formula(at, "raw", raw, "sum_raw")
        self.formula(at, "points", found, "sum")
        if not extra:
            points, whole = f"{_AT['points']}{at}", f"{_AT['full']}{at}"
            lost = formulas.lost_formula(points, whole, section, 10)
            self.formula(at, "lost", f'IF({points}="","",MAX(0,{whole}-{points}))' if not section else lost, "sum")

    def text_row(self, at: int, label: str, found: str) -> None:
        """Write a row of which only a text comes out, such as a grade."""
        for number in range(1, len(COLUMNS) + 1):
            put(self.sheet, at, number, label if number == 2 else None, self.styles["sum_text"])
        if found:
            self.formula(at, "points", found, "sum_text")

    def published(self, at: int, number: float | None, style: str) -> None:
        """Write the points of the report, and whether those of the sheet are the same."""
        self.number(at, "published", number, style)
        found, there = f"{_AT['points']}{at}", f"{_AT['published']}{at}"
        told = formulas.check_formula(found, there, self.word("same"), self.word("different"))
        self.formula(at, "check", told, "check")

    # --- cells ---

    def number(self, row: int, column: str, value: float | None, style: str) -> None:
        """Write a number, or dress the empty cell."""
        put(self.sheet, row, _column(column), typed(value), self.styles[style])

    def formula(self, row: int, column: str, text: str, style: str) -> None:
        """Write a formula."""
        formula(self.sheet, row, _column(column), f"={text}", self.styles[style])

    def lay_out(self) -> None:
        """Set widths, panes, protection and the printed page."""
        sheet = self.sheet
        for name, letter in _AT.items():
            sheet.column_dimensions[letter].width = _WIDTHS.get(name, _WIDTH)
        tallest = max(cells.lines(self.word(f"column_{name}"), _WIDTHS.get(name, _WIDTH)) for name in COLUMNS)
        sheet.row_dimensions[_HEAD].height = 14.5 * tallest + 4
        sheet.row_dimensions[1].height = 26
        sheet.freeze_panes = f"C{_FIRST}"
        sheet.print_title_rows = f"{_HEAD}:{_HEAD}"
        sheet.print_area = f"A1:{_AT['reason']}{self.last}"
        cells.print_set_up(sheet, self.lang, landscape=True)
        cells.protect(sheet)


def _column(name: str) -> int:
    return COLUMNS.index(name) + 1


def _entry(entry: Mapping[str, object]) -> str:
    """Return an entry of a table: `[60, 90) → 2.5`, or of a ladder `[0, 1000) × 0.02`."""
    low, high = entry.get("from"), entry.get("to")
    ends = f"{'(−∞' if low is None else f'[{low}'}, {'+∞' if high is None else high})"
    return f"{ends} × {entry['each']}" if "each" in entry else f"{ends} → {entry.get('points', '')}"
