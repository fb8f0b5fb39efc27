"""The pages around the data of a workbook that is handed out: instructions, confirmation, and the hidden sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.styles import Alignment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from evaltools import template_cells as cells
from evaltools import wording
from evaltools.tables import TABLES, each_row
from evaltools.template_cells import Style, formula, put
from evaltools.template_content import Form
from evaltools.template_lines import family_name, measure_of
from evaltools.template_sheets import CHOICES, WORDS, Placed, choices, quoted
from evaltools.wording import word

HIDDEN = "evaltools"
RETURN, VERSION = "evaltools-return", "1"
"""The first two cells of the hidden sheet, by which a return is recognised."""

PAGE = "evaltools-page"
"""What the hidden first cell of a page that holds no data says."""

KEYS = ("dataset", "title", "area", "period", "origin", "lang", "notice_zh", "notice_en")
_OFFERED = "choice"
_ROW = 15.5
_ONE_PAGE = 30  # sheets whose list still leaves the instructions readable on one page


def write_guide(sheet: Worksheet, form: Form, names: Mapping[str, str], pages: Sequence[str]) -> None:
    """Write the instructions. names: family -> name of its sheet. pages: names of the other sheets to print."""
    Guide(sheet, form).write(names, pages)


class Guide:
    """Writes the instructions from top to bottom."""

    def __init__(self, sheet: Worksheet, form: Form) -> None:
        self.sheet, self.form, self.lang, self.row = sheet, form, form.lang, 2
        lang = form.lang
        self.title = Style(lang, size=18, bold=True, frame=False, wrap=False)
        self.notice = Style(lang, size=9, ink="worse", frame=False)
        self.heading = Style(lang, size=12, bold=True, ink="accent", frame=False, under=True, wrap=False)
        self.name, self.text = Style(lang, bold=True, fill="head"), Style(lang)
        self.open = Style(lang, locked=False)
        self.plain = Style(lang, frame=False, down="top")
        self.number = Style(lang, frame=False, down="top", across="right")
        self.link = Style(lang, ink="accent")

    def say(self, key: str) -> str:
        """Return a word of the instructions."""
        return word(f"template.{key}", self.lang)

    def write(self, names: Mapping[str, str], pages: Sequence[str]) -> None:
        """Write all of it."""
        form, sheet = self.form, self.sheet
        put(sheet, 1, 1, PAGE)
        sheet.column_dimensions["A"].hidden = True
        for letter, width in (("B", 18.0), ("C", 70.0), ("D", 9.0)):
            sheet.column_dimensions[letter].width = width
        period = wording.period(form.period, self.lang)
        put(sheet, 2, 2, word("template.title", self.lang, area=form.name, period=period), self.title)
        sheet.row_dimensions[2].height = 34
        self.row = 3
        if form.notice:
            self.whole(form.notice, self.notice)
        facts = {"from": f"{form.name}（{form.area}）" if self.lang == "zh" else f"{form.name} ({form.area})"}
        facts |= {"about": period, "collection": form.title, "due": "", "ask": "", "send": ""}
        for key, value in facts.items():
            self.pair(self.say(key), value, self.open if not value else self.text)
        self.section("how")
        kinds = [
            "how_cells" if form.last else "how_cells_plain",
            "how_numbers",
            "how_totals",
            "how_rows",
            "how_changes",
        ]
        self.listed([*kinds, "after"])
        self.section("meaning_title")
        self.pair(self.say("meaning_written"), self.say("meaning_read"), self.name)
        for written, means in meanings(form):
            self.pair(written, means, self.text)
        self.section("checked_title")
        self.listed(["checked_relations", "checked_time", "checked_claims", "checked_back"])
        self.section("contents")
        for family, name in [*names.items(), *(("", name) for name in pages)]:
            count = int((form.items["family"] == family).sum())
            self.contents(name, family_name(family, self.lang) if family else "", count)
        cells.protect(sheet)
        cells.print_set_up(sheet, self.lang, landscape=False)
        sheet.page_setup.fitToHeight = 1 if len(names) <= _ONE_PAGE else 0
        sheet.print_area = f"B2:D{self.row - 1}"
        sheet.sheet_view.showGridLines = False

    def whole(self, text: str, style: Style) -> None:
        """Write a text over the width of the page."""
        put(self.sheet, self.row, 2, text, style)
        self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=2, end_column=4)
        self.sheet.row_dimensions[self.row].height = _ROW * cells.lines(text, 96) + 4
        self.row += 1

    def section(self, key: str) -> None:
        """Write a heading."""
        self.row += 1
        for column in (2, 3, 4):
            put(self.sheet, self.row, column, self.say(key) if column == 2 else None, self.heading)
        self.sheet.row_dimensions[self.row].height = 24
        self.row += 1

    def pair(self, name: str, text: str, style: Style) -> None:
        """Write a name and what is to be said of it."""
        put(self.sheet, self.row, 2, name, self.name)
        for column in (3, 4):
            put(self.sheet, self.row, column, text if column == 3 else None, style)
        self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=3, end_column=4)
        tallest = max(cells.lines(name, 18), cells.lines(text, 78))
        self.sheet.row_dimensions[self.row].height = _ROW * tallest + 5
        self.row += 1

    def listed(self, keys: Sequence[str]) -> None:
        """Write numbered sentences."""
        for at, key in enumerate(keys, 1):
            self.whole(f"{at}. {self.say(key)}", self.plain)

    def contents(self, name: str, title: str, count: int) -> None:
        """Write a line of the list of sheets, which leads there."""
        cell = put(self.sheet, self.row, 2, name, self.link)
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=f"{quoted(name)}!B2")
        put(self.sheet, self.row, 3, title if title != name else "", self.text)
        put(self.sheet, self.row, 4, word("template.contents_row", self.lang, n=count) if count else "", self.text)
        self.sheet.merge_cells(start_row=self.row, end_row=self.row, start_column=2, end_column=3)
        self.sheet.row_dimensions[self.row].height = _ROW + 3
        self.row += 1


def meanings(form: Form) -> list[tuple[str, str]]:
    """Return what may be written and what it means, by the table of cell words."""
    lang = form.lang
    rows = [
        (word("template.written_blank", lang), word("template.means_blank", lang)),
        ("0", word("template.means_zero", lang)),
    ]
    for unsure in (False, True):
        for meaning in ("zero", "not_applicable", "missing"):
            texts = [text for text, said in form.words.items() if text and said == (meaning, unsure)]
            if texts:
                key = f"template.means_{'ambiguous' if unsure else 'word'}_{meaning}"
                rows.append((word("template.comma", lang).join(texts), word(key, lang)))
    return rows


def write_confirmation(sheet: Worksheet, form: Form, placed: Mapping[str, Placed], annex: str) -> None:
    """Write the page to print, sign and stamp, with how much was filled in. placed: by family."""
    row = _statement(sheet, form, annex)
    row = _completeness(sheet, form, placed, row)
    last = _signatures(sheet, form.lang, row + 1)
    _page(sheet, form.lang, last)
    sheet.page_setup.fitToHeight = 1 if len(placed) <= _ONE_PAGE else 0


def write_annex(sheet: Worksheet, form: Form, placed: Mapping[str, Placed]) -> None:
    """Write the figures of the area that are confirmed. placed: by family."""
    _page(sheet, form.lang, _totals(sheet, form, placed, 2))
    sheet.print_title_rows = "2:4"


def _page(sheet: Worksheet, lang: str, last: int) -> None:
    put(sheet, 1, 1, PAGE)
    sheet.column_dimensions["A"].hidden = True
    for letter, width in zip("BCDEFG", (27.0, 10.0, 13.0, 27.0, 10.0, 13.0), strict=True):
        sheet.column_dimensions[letter].width = width
    cells.protect(sheet)
    cells.print_set_up(sheet, lang, landscape=False)
    sheet.print_area = f"B2:G{last}"
    sheet.sheet_view.showGridLines = False


def _across(sheet: Worksheet, row: int, first: int, last: int, text: str | None, style: Style) -> None:
    for column in range(first, last + 1):
        put(sheet, row, column, text if column == first else None, style)
    sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def _statement(sheet: Worksheet, form: Form, annex: str) -> int:
    lang, period = form.lang, wording.period(form.period, form.lang)
    title = Style(lang, size=20, bold=True, frame=False, across="center")
    _across(sheet, 2, 2, 7, word("template.confirm_title", lang), title)
    sheet.row_dimensions[2].height = 44
    head, text = Style(lang, bold=True, fill="head"), Style(lang)
    for row, key, value in (
        (3, "from", f"{form.name} {form.area}"),
        (4, "about", period),
        (5, "collection", form.title),
    ):
        put(sheet, row, 2, word(f"template.{key}", lang), head)
        _across(sheet, row, 3, 7, value, text)
        sheet.row_dimensions[row].height = 20
    see = word("template.confirm_see", lang, annex=annex)
    said = word("template.confirm_text", lang, period=period) + ("" if lang == "zh" else " ") + see
    _across(sheet, 6, 2, 7, said, Style(lang, size=11))
    sheet.row_dimensions[6].height = 18.0 * cells.lines(said, 92) + 10
    return 8


def _completeness(sheet: Worksheet, form: Form, placed: Mapping[str, Placed], row: int) -> int:
    """Write how many cells of each sheet are asked, filled in and blank; return the row after."""
    lang = form.lang
    head, text = Style(lang, bold=True, fill="head", across="center"), Style(lang)
    number = Style(lang, across="right", wrap=False, number=cells.NUMBERS)
    keys = ("confirm_sheet", "confirm_asked", "confirm_filled", "confirm_blank", "confirm_unfilled_why")
    for column, key in enumerate(keys, 2):
        put(sheet, row, column, word(f"template.{key}", lang), head)
    _across(sheet, row, 6, 7, word("template.confirm_unfilled_why", lang), head)
    first = row + 1
    for at, place in enumerate(placed.values(), first):
        put(sheet, at, 2, place.sheet, text)
        put(sheet, at, 3, place.asked, number)
        formula(sheet, at, 4, f"={place.filled}", number)
        formula(sheet, at, 5, f"=C{at}-D{at}", number)
        _across(sheet, at, 6, 7, None, Style(lang, locked=False))
        sheet.row_dimensions[at].height = 17 * cells.lines(place.sheet, 27) + 1
    end = first + len(placed)
    strong = Style(lang, bold=True, across="right", fill="head", wrap=False, number=cells.NUMBERS)
    put(sheet, end, 2, word("template.confirm_all", lang), Style(lang, bold=True, fill="head"))
    for at, letter in enumerate("CDE", 3):
        formula(sheet, end, at, f"=SUM({letter}{first}:{letter}{end - 1})", strong)
    _across(sheet, end, 6, 7, None, Style(lang, fill="head"))
    return end + 1


def _signatures(sheet: Worksheet, lang: str, row: int) -> int:
    """Write the lines to sign, and the place of the seal; return the last row."""
    head, blank = Style(lang, bold=True, fill="head"), Style(lang, locked=False)
    for first, second in (("confirm_filler", "confirm_phone"), ("confirm_reviewer", "confirm_phone")):
        put(sheet, row, 2, word(f"template.{first}", lang), head)
        _across(sheet, row, 3, 4, None, blank)
        put(sheet, row, 5, word(f"template.{second}", lang), head)
        _across(sheet, row, 6, 7, None, blank)
        sheet.row_dimensions[row].height = 30
        row += 1
    put(sheet, row, 2, word("template.confirm_head", lang), head)
    _across(sheet, row, 3, 4, None, blank)
    put(sheet, row, 5, word("template.confirm_date", lang), head)
    day = word("template.confirm_day", lang)
    _across(sheet, row, 6, 7, day, Style(lang, across="center", wrap=False, locked=False))
    sheet.row_dimensions[row].height = 30
    row += 1
    put(sheet, row, 2, word("template.confirm_seal", lang), head)
    _across(sheet, row, 3, 7, None, blank)
    sheet.row_dimensions[row].height = 110
    for column in (2, 3):
        sheet.cell(row, column).alignment = Alignment(vertical="top", wrap_text=True)
    return row


def _totals(sheet: Worksheet, form: Form, placed: Mapping[str, Placed], row: int) -> int:
    """Write the area's figures, two items a row, as formulas that follow the sheets; return the last row."""
    lang = form.lang
    head = Style(lang, bold=True, fill="head")
    column_head = Style(lang, size=9, bold=True, ink="muted", fill="last", across="center")
    name, unit = Style(lang, size=9), Style(lang, size=9, across="center")
    number = Style(lang, size=9, across="right", wrap=False, number=cells.NUMBERS)
    title = word("template.confirm_annex", lang, area=form.name)
    put(sheet, row, 2, title, Style(lang, size=13, bold=True, frame=False, wrap=False))
    muted = Style(lang, size=9, ink="muted", frame=False, wrap=False)
    put(sheet, row + 1, 2, word("template.confirm_annex_note", lang), muted)
    sheet.row_dimensions[row].height = 26
    row += 2
    for column, key in enumerate(("head_item", "head_measure", "confirm_total") * 2, 2):
        put(sheet, row, column, word(f"template.{key}", lang), column_head)
    for family, place in placed.items():
        row += 1
        _across(sheet, row, 2, 7, family_name(family, lang), head)
        items = list(each_row(form.items[form.items["family"] == family]))
        for at in range(0, len(items), 2):
            row += 1
            tallest = 1
            for column, item in zip((2, 5), [*items[at : at + 2], None], strict=False):
                label = getattr(item, f"name_{lang}") if item is not None else ""
                put(sheet, row, column, label, name)
                put(sheet, row, column + 1, measure_of(item.measure, lang) if item is not None else "", unit)
                cell = place.totals.get(item.item) if item is not None else None
                if cell:
                    source = f"{quoted(place.sheet)}!{cell}"
                    formula(sheet, row, column + 2, f'=IF(LEN({source})=0,"",{source})', number)
                else:
                    put(sheet, row, column + 2, None, number)
                tallest = max(tallest, cells.lines(label, 29))
            sheet.row_dimensions[row].height = 13.5 * tallest + 4
    return row


def write_hidden(sheet: Worksheet, form: Form) -> None:
    """Write what says whose return this is and what it asked, and the lists that validation uses."""
    rows: list[list[str | float]] = [[RETURN], [VERSION]]
    rows += [[key, str(getattr(form, key))] for key in KEYS]
    rows += [["expected", code, name] for code, name in form.expected.items()]
    for table, frame in (("areas", form.areas), ("units", form.units)):
        columns = list(TABLES[table].columns)
        rows += [[f"{table}:columns", *columns]]
        rows += [[table, *map(str, cells_)] for cells_ in frame[columns].itertuples(index=False)]
    rows += [["item", row.item, row.level, row.name_zh, row.name_en] for row in each_row(form.items)]
    rows += [["last", item, unit, value] for (item, unit), value in form.last.items()]
    spans: dict[str, list[int]] = {}
    for kind, texts in (("word", [text for text in form.words if text]), (_OFFERED, choices(form))):
        spans[kind] = [len(rows) + 1, len(rows) + len(texts)]
        rows += [[kind, text] for text in texts]
    for row, content in enumerate(rows, 1):
        for column, value in enumerate(content, 1):
            put(sheet, row, column, value)
    book = sheet.parent
    assert book is not None
    for name, kind in ((WORDS, "word"), (CHOICES, _OFFERED)):
        first, last = spans[kind]
        if first <= last:
            book.defined_names[name] = DefinedName(name, attr_text=f"{HIDDEN}!$B${first}:$B${last}")
    sheet.sheet_state = "veryHidden"
    cells.protect(sheet)
