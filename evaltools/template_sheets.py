"""A sheet of data of the workbook that is handed out: items one way, institutions the other, codes hidden beside them.

Column A and row 1 are hidden and hold what each row and column is about, so that a figure is known wherever its row
or column is moved to: `item=residents`, `unit=03`, `unit=` (the area itself), `last=…` (last year), `blank=`,
`remark=`. An item asked only of the area is `area=…`, one asked of units and area both is `both=…`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.pagebreak import Break, ColBreak
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from evaltools import template_cells as cells
from evaltools import wording
from evaltools.periods import parse
from evaltools.template_cells import Style, formula, put
from evaltools.template_content import Form
from evaltools.template_lines import Line, asked, family_name, lines_of, sides
from evaltools.wording import word

MARKER = "evaltools-codes"
"""What the cell holds where the hidden row and the hidden column of codes meet."""

WORDS, CHOICES = "evaltools_words", "evaltools_choices"
"""Names of the lists on the hidden sheet: words that a cell may hold, and those offered for blank cells."""

TITLE, HINT, HEAD, SUBHEAD, FIRST = 2, 3, 4, 5, 6
_PAGE_PIXELS = 800  # A4 between the margins is 1045; programs without the font of the file make columns a quarter wider
_SCALES = range(100, 59, -5)
_NAME_WIDTH, _MEASURE_WIDTH, _BLANK_WIDTH, _REMARK_WIDTH = 28.0, {"zh": 7.0, "en": 11.0}, 10.0, 20.0
_SMALLEST_WIDTH = 8.5
_RED = "FFB3400F"


@dataclass(frozen=True)
class Placed:
    """What the confirmation takes from a sheet: the cells of the area's figures, and how much is asked and filled.

    totals: item -> cell, such as `D7`. asked: number of cells. filled: a formula, without its `=`.
    """

    sheet: str
    totals: dict[str, str]
    asked: int
    filled: str


class DataSheet:
    """Writes one family into a sheet."""

    def __init__(self, sheet: Worksheet, form: Form, family: str, units_in_rows: bool) -> None:
        self.sheet, self.form, self.lang, self.family = sheet, form, form.lang, family
        items, units = lines_of(form, family)
        down, across = (units, items) if units_in_rows else (items, units)
        self.units_in_rows = units_in_rows
        codes = {line.code for line in items}
        self.last = {key: value for key, value in form.last.items() if key[0] in codes}
        self.step = 2 if self.last else 1
        self.start = 3 if units_in_rows else 4
        self.rows = {FIRST + at: line for at, line in enumerate(down)}
        self.columns = {self.start + at * self.step: line for at, line in enumerate(across)}
        self.end = self.start + len(across) * self.step  # the first column after the figures
        self.bottom = FIRST + len(down) - 1
        self.styles = _styles(form.lang)
        self.widths = {column: self.width(line) for column, line in self.columns.items()}

    def width(self, line: Line) -> float:
        """Return the width of a column of figures: as last year's need, in case this year's are like them."""
        shown = [
            len(wording.quantity(value, "en"))
            for key, value in self.last.items()
            if key[line.kind == "unit"] == line.code
        ]
        # without a second column beside it, the header alone has the width
        return max(_SMALLEST_WIDTH if self.last else 12.0, 1.5 + max(shown, default=0))

    def write(self) -> Placed:
        """Write the sheet and return where its figures stand."""
        self.codes()
        self.heads()
        self.names()
        for row, down in self.rows.items():
            for column, across in self.columns.items():
                self.figure(row, column, *sides(down, across))
            for column, kind in ((self.end, "choice"), (self.end + 1, "remark")):
                put(self.sheet, row, column, None, self.styles[kind])
        self.validate()
        self.lay_out()
        cells.protect(self.sheet)
        return self.account()

    def account(self) -> Placed:
        """Return what the confirmation takes from the sheet."""
        cell: dict[tuple[str, str], str] = {}
        kinds = []
        for row, down in self.rows.items():
            for column, across in self.columns.items():
                item, unit = sides(down, across)
                kinds.append(asked(item, unit))
                if not unit.code and kinds[-1]:
                    cell[item.code, ""] = f"{get_column_letter(column)}{row}"
        wanted = sum(kind in ("unit", "area") for kind in kinds)
        return Placed(self.sheet.title, {item: at for (item, _), at in cell.items()}, wanted, self.filled())

    def filled(self) -> str:
        """Return a formula for the number of cells that are asked and filled in; by the codes, as `total`."""
        name = quoted(self.sheet.title)
        first, last = get_column_letter(self.start), get_column_letter(self.end - 1)

        def block(rows: tuple[int, int], columns: tuple[str, str]) -> str:
            return f"{name}!${columns[0]}${rows[0]}:${columns[1]}${rows[1]}"

        def has(codes: str, *kinds: str) -> str:
            return "(" + "+".join(f'(LEFT({codes},5)="{kind}=")' for kind in kinds) + ")"

        if self.units_in_rows:
            items = block((1, 1), (first, last))
            whole = f"(LEN({block((FIRST, FIRST), (first, last))})>0)"
            parts = f"(LEN({block((FIRST + 1, self.bottom), (first, last))})>0)"
            units = block((FIRST + 1, self.bottom), ("A", "A"))
        else:
            items = block((FIRST, self.bottom), ("A", "A"))
            whole = f"(LEN({block((FIRST, self.bottom), (first, first))})>0)"
            rest = get_column_letter(self.start + self.step)
            parts = f"(LEN({block((FIRST, self.bottom), (rest, last))})>0)"
            units = block((1, 1), (rest, last))
        formula = f"SUMPRODUCT({has(items, 'area', 'both')}*{whole})"
        if len(self.rows if self.units_in_rows else self.columns) > 1:
            formula += f"+SUMPRODUCT({has(items, 'item', 'both')}*{has(units, 'unit')}*{parts})"
        return formula

    def codes(self) -> None:
        """Write the hidden row and column of codes."""
        put(self.sheet, 1, 1, MARKER)
        for row, line in self.rows.items():
            put(self.sheet, row, 1, f"{line.kind}={line.code}")
        for column, line in self.columns.items():
            put(self.sheet, 1, column, f"{line.kind}={line.code}")
            if self.last:
                put(self.sheet, 1, column + 1, f"last={line.code}")
        put(self.sheet, 1, self.end, "blank=")
        put(self.sheet, 1, self.end + 1, "remark=")
        self.sheet.row_dimensions[1].hidden = True
        self.sheet.column_dimensions["A"].hidden = True

    def heads(self) -> None:
        """Write title, hint and the two header rows."""
        form, sheet, lang = self.form, self.sheet, self.lang
        family = family_name(self.family, lang)
        period = wording.period(form.period, lang)
        text = word("template.sheet_title", lang, family=family, area=form.name, period=period)
        put(sheet, TITLE, 2, text, self.styles["title"])
        put(sheet, HINT, 2, word("template.hint", lang), self.styles["hint"])
        heads = ["head_unit"] if self.units_in_rows else ["head_item", "head_measure"]
        for column, key in [*enumerate(heads, 2), (self.end, "head_blank"), (self.end + 1, "head_remark")]:
            self.head(column, column, word(f"template.{key}", lang))
        whole = parse(form.period).length == 12
        now, before = (
            word(f"template.{key}", lang) for key in ("head_now", "head_last_year" if whole else "head_last")
        )
        tallest = 1
        for column, line in self.columns.items():
            text = f"{line.name}\n({line.measure})" if line.measure else line.name
            text = f"{line.name}\n（{line.measure}）" if line.measure and lang == "zh" else text
            width = self.widths[column] * 2 - 1 if self.last else self.widths[column]
            tallest = max(tallest, cells.lines(text, width))
            self.head(column, column + self.step - 1, text, split=bool(self.last))
            if self.last:
                put(sheet, SUBHEAD, column, now, self.styles["head"])
                put(sheet, SUBHEAD, column + 1, before, self.styles["subhead"])
            if line.note:
                self.comment(HEAD, column, line.note)
        sheet.row_dimensions[TITLE].height = 26
        sheet.row_dimensions[HINT].height = 18
        # Excel shows up to 409 points; names beyond that are cut, not lost
        sheet.row_dimensions[HEAD].height = min(max(tallest * 14.5 + 4, 20), 200)
        sheet.row_dimensions[SUBHEAD].height = 16

    def head(self, first: int, last: int, text: str, split: bool = False) -> None:
        """Write a header over some columns; over both header rows unless it is split below."""
        bottom = HEAD if split else SUBHEAD
        for row in range(HEAD, SUBHEAD + 1):
            for column in range(first, last + 1):
                put(self.sheet, row, column, None, self.styles["head"])
        put(self.sheet, HEAD, first, text, self.styles["head"])
        if (first, HEAD) != (last, bottom):
            self.sheet.merge_cells(start_row=HEAD, end_row=bottom, start_column=first, end_column=last)

    def names(self) -> None:
        """Write what each row is about."""
        for row, line in self.rows.items():
            put(self.sheet, row, 2, line.name, self.styles["name"])
            if line.kind != "unit":
                put(self.sheet, row, 3, line.measure, self.styles["measure"])
            if line.note:
                self.comment(row, 2, line.note)
            self.sheet.row_dimensions[row].height = 15.0 * cells.lines(line.name, _NAME_WIDTH) + 4

    def comment(self, row: int, column: int, text: str) -> None:
        """Put the definition of an item beside its name."""
        width = 340
        comment = Comment(cells.clean(text), "evaltools", width=width, height=20 + 18 * cells.lines(text, width / 7.5))
        self.sheet.cell(row, column).comment = comment

    def figure(self, row: int, column: int, item: Line, unit: Line) -> None:
        """Dress the cell of a figure, with last year's beside it; a total adds up its units."""
        wanted = asked(item, unit)
        if wanted == "total":
            formula(self.sheet, row, column, self.total(row, column), self.styles["total"])
        else:
            put(self.sheet, row, column, None, self.styles["input" if wanted in ("unit", "area") else "closed"])
        if self.last:
            put(self.sheet, row, column + 1, self.last.get((item.code, unit.code)), self.styles["last"])

    def total(self, row: int, column: int) -> str:
        """Return the formula of a total: by the hidden codes, so that rows and columns can be put in between."""
        if self.units_in_rows:
            letter = get_column_letter(column)
            codes = f"$A${row + 1}:$A${self.bottom}"
            figures = f"{letter}{row + 1}:{letter}{self.bottom}"
        else:
            first, last = get_column_letter(column + self.step), get_column_letter(self.end - 1)
            codes, figures = f"${first}$1:${last}$1", f"{first}{row}:{last}{row}"
        ours = f'(LEFT({codes},5)="unit=")'
        missing = f"SUMPRODUCT({ours}*(LEN({figures})>0))<{len(self.form.units)}"
        return f'=IF({missing},"",SUMPRODUCT(--{ours},{figures}))'

    def validate(self) -> None:
        """Allow numbers from 0 and the words of the table in what is asked; mark in red what got in otherwise."""
        sheet, lang = self.sheet, self.lang
        for column, across in self.columns.items():
            wanted = {row: asked(*sides(down, across)) for row, down in self.rows.items()}
            for first, last, kind in _runs(wanted):
                at = f"{get_column_letter(column)}{first}"
                allowed = _allowed(at, bool(self.form.words))
                prompt = "prompt_total" if kind == "total" else "prompt"
                rule = DataValidation("custom", formula1=allowed, allow_blank=True, showErrorMessage=True)
                rule.showInputMessage = True
                rule.promptTitle, rule.prompt = word(f"template.{prompt}_title", lang), word(f"template.{prompt}", lang)
                rule.errorTitle, rule.error = word("template.refused_title", lang), word("template.refused", lang)
                rule.add(f"{at}:{get_column_letter(column)}{last}")
                sheet.add_data_validation(rule)
        choice = get_column_letter(self.end)
        if choices(self.form):
            rule = DataValidation("list", formula1=CHOICES, allow_blank=True, showErrorMessage=True)
            rule.showInputMessage = True
            rule.promptTitle, rule.prompt = word("template.blank_title", lang), word("template.blank_prompt", lang)
            rule.error = word("template.blank_refused", lang)
            rule.add(f"{choice}{FIRST}:{choice}{self.bottom}")
            sheet.add_data_validation(rule)
        at = f"{get_column_letter(self.start)}{FIRST}"
        block = f"{at}:{get_column_letter(self.end - 1)}{self.bottom}"
        wrong = f"AND(LEN({at})>0,NOT({_allowed(at, bool(self.form.words))}))"
        decimals = DifferentialStyle(numFmt=NumberFormat(numFmtId=190, formatCode=cells.DECIMALS))
        red = DifferentialStyle(font=Font(color="FFFFFFFF", bold=True), fill=cells.solid(_RED))
        whole = DifferentialStyle(numFmt=NumberFormat(numFmtId=191, formatCode=cells.NUMBERS))
        parts = f"IF(ISNUMBER({at}),{at}<>INT({at}),FALSE)"
        sheet.conditional_formatting.add(block, Rule("expression", dxf=red, formula=[wrong]))
        sheet.conditional_formatting.add(block, Rule("expression", dxf=decimals, formula=[parts]))
        sheet.conditional_formatting.add(block, Rule("expression", dxf=whole, formula=[f"ISNUMBER({at})"]))

    def lay_out(self) -> None:
        """Set widths, panes and the printed pages."""
        sheet = self.sheet
        widths = {2: _NAME_WIDTH, 3: _MEASURE_WIDTH[self.lang]} if not self.units_in_rows else {2: _NAME_WIDTH}
        for column in self.columns:
            widths[column] = self.widths[column]
            if self.last:
                widths[column + 1] = self.widths[column] - 1
        widths |= {self.end: _BLANK_WIDTH, self.end + 1: _REMARK_WIDTH}
        for column, width in widths.items():
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.freeze_panes = f"{get_column_letter(self.start)}{FIRST}"
        sheet.sheet_view.zoomScale = 100
        cells.print_set_up(sheet, self.lang, landscape=True)
        sheet.print_title_rows = f"{TITLE}:{SUBHEAD}"
        sheet.print_area = f"B{TITLE}:{get_column_letter(self.end + 1)}{self.bottom}"
        self.break_pages(widths)

    def break_pages(self, widths: dict[int, float]) -> None:
        """Where one page's width would make the print too small, go on across pages, names repeated on each.

        As few pages as the smallest scale allows, then the largest scale at which they are no more.
        """
        pixels = {column: width * 7 + 5 for column, width in widths.items()}
        if sum(pixels.values()) <= _PAGE_PIXELS * 100 / _SCALES[-1]:
            return
        sheet = self.sheet
        names = sum(pixels[column] for column in range(2, self.start))
        blocks = list(pairwise([*self.columns, self.end, self.end + 2]))
        needed = {first: sum(pixels[column] for column in range(first, after)) for first, after in blocks}
        pages = {scale: _fill_pages(needed, _PAGE_PIXELS * 100 / scale - names) for scale in _SCALES}
        fewest = len(pages[_SCALES[-1]])
        scale = next(scale for scale in _SCALES if len(pages[scale]) == fewest)
        sheet.print_title_cols = f"B:{get_column_letter(self.start - 1)}"
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=False)
        sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = None
        sheet.page_setup.scale = scale
        sheet.page_setup.pageOrder = "overThenDown"
        sheet.col_breaks = ColBreak(brk=[Break(id=first - 1, max=1048575, man=True) for first in pages[scale][1:]])


def _fill_pages(needed: dict[int, float], page: float) -> list[int]:
    """Return the first column of every page."""
    starts: list[int] = []
    used = 0.0
    for first, width in needed.items():
        if not starts or used + width > page:
            starts.append(first)
            used = 0.0
        used += width
    return starts


def quoted(sheet: str) -> str:
    """Return the name of a sheet as a formula needs it."""
    return "'" + sheet.replace("'", "''") + "'"


def choices(form: Form) -> list[str]:
    """Return the words offered for blank cells: those of the language that the table of cell words knows."""
    return [text for text in word("template.blank_choices", form.lang).split(",") if text in form.words]


def _allowed(cell: str, has_words: bool) -> str:
    number = f"AND(ISNUMBER({cell}),{cell}>=0)"
    return f"OR({number},SUMPRODUCT(--({WORDS}={cell}))>0)" if has_words else number


def _runs(wanted: dict[int, str]) -> Iterator[tuple[int, int, str]]:
    """Yield first and last row and kind of every run of rows in which the same is wanted, where anything is."""
    for kind, rows in groupby(wanted, key=wanted.__getitem__):
        run = list(rows)
        if kind:
            yield run[0], run[-1], kind


def _styles(lang: str) -> dict[str, Style]:
    return {
        "title": Style(lang, size=14, bold=True, frame=False, wrap=False),
        "hint": Style(lang, size=9, ink="muted", frame=False, wrap=False),
        "head": Style(lang, bold=True, fill="head", across="center"),
        "subhead": Style(lang, size=9, ink="muted", fill="last", across="center"),
        "name": Style(lang),
        "measure": Style(lang, across="center"),
        "input": Style(lang, across="right", wrap=False, locked=False, number=cells.NUMBERS),
        # LibreOffice saves a blank result in a cell formatted as a number as 0 in .xls; the format is conditional
        "total": Style(lang, bold=True, fill="computed", across="right", wrap=False, locked=False),
        "closed": Style(lang, fill="closed"),
        "last": Style(lang, size=9, ink="muted", fill="last", across="right", wrap=False, number=cells.NUMBERS),
        "choice": Style(lang, size=9, across="center", locked=False),
        "remark": Style(lang, size=9, locked=False),
    }
