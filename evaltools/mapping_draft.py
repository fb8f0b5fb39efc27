"""A first mapping of a workbook that nobody has described: what is sure, what a person must confirm or fill in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from evaltools.header_names import JOIN, Merged, measure_of, normal
from evaltools.mapped_grid import column_letters, is_total
from evaltools.mapped_names import Names
from evaltools.mapping_layout import Block, blocks
from evaltools.mapping_match import Match, Matcher
from evaltools.mapping_places import DraftPlaces
from evaltools.mappings import WorkbookMapping
from evaltools.printed_periods import period_in
from evaltools.problems import ProblemList
from evaltools.returns import Known
from evaltools.sheets import Sheet, read_sheets
from evaltools.wording import word

_VALUE_NAMES = (
    *("数值", "数量", "填报数", "填报值", "数据", "值", "本期数", "value"),
    *("完成值", "实际值", "完成数", "实际数", "完成情况", "实际完成值", "实际完成", "实际完成情况", "年度完成值"),
)
_TARGETS = ("目标", "任务数", "计划数", "指标值")
_LAST_YEAR = ("上年同期", "去年同期", "上年", "去年", "上年度", "上年数")
_THIS_YEAR = ("本期", "本年", "今年", "本年度", "本期数", "本年数")


@dataclass
class Drafted:
    """A drafted mapping: its text, and how many places a person has to confirm and to fill in."""

    text: str
    confirm: int
    blank: int


@dataclass(eq=False)
class _Draft:
    """Lines of YAML of one table, and the names met in it that are no known ones."""

    lines: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)


def draft(path: Path, known: Known, lang: str = "zh") -> str:
    """Return a mapping of a workbook as text; see `drafted`."""
    return drafted(path, known, lang).text


def drafted(path: Path, known: Known, lang: str = "zh") -> Drafted:
    """Draft the mapping of a workbook; the comments are in a language.

    A header is matched by the exact name of an item (or, of a rate, an indicator), then by a synonym; what is only
    like one, and whatever else the draft had to suppose, stands there with `confirm: no`, and what is like nothing is
    left blank: a mapping is refused until a person has decided on each. Raises InputError if the file cannot be read
    or has no table.
    """
    problems = ProblemList()
    sheets = read_sheets(path, path.name, problems)
    problems.raise_if_any()
    matcher = Matcher(known)
    places = DraftPlaces(sheets, path, known, lang)
    told: dict[str, list[str]] = {}
    found: list[_Draft] = []
    for sheet in sheets:
        if sheet.hidden:
            continue
        for block in blocks(sheet, {normal(text) for text in known.cell_words}):
            one = _Table(block, matcher, places, known, lang).draft()
            if one.lines[-1].strip() == "entries:":
                continue  # a header over numbers, but no name of anything
            # sheets of one layout are one table of the mapping
            key = "\n".join(one.lines)
            if key not in told:
                found.append(one)
            told.setdefault(key, []).append(sheet.name)
    if not told:
        problems.say("no_table", where=path.name, topic="mapping")
        problems.raise_if_any()
    lines = [f"# {word(f'mapping.draft_{key}', lang)}" for key in ("head", "confirm_how", "blank_how")]
    lines.append("mapping: 1")
    unused = [sheet.name for sheet in sheets if sheet.name not in {name for names in told.values() for name in names}]
    if unused:
        lines.append(f"ignore_sheets: {_list(unused)}  # {word('mapping.draft_sheets', lang)}")
    lines += places.stated(
        list(dict.fromkeys(name for one in found for name in one.areas)),
        list(dict.fromkeys(name for one in found for name in one.units)),
    )
    lines.append("tables:")
    for one in found:
        names = told["\n".join(one.lines)]
        lines += [f"  - sheets: {_list(list(dict.fromkeys(names)))}", *one.lines]
    text = "\n".join(lines) + "\n"
    keys = [line.split("#")[0].strip() for line in lines]
    confirm = sum(key == "confirm: no" for key in keys)
    return Drafted(
        text, confirm, sum(key.endswith(":") and key.lstrip("- ") in _FILLED for key in keys) + _unnamed(keys)
    )


_FILLED = ("item:", "period:", "area:", "year:")


def _unnamed(keys: Sequence[str]) -> int:
    """Return how many names, and years, are still to be told."""
    return sum((key.startswith('"') and key.endswith('":')) or "year: }" in key for key in keys)


class _Table:
    """Drafts one table of one sheet."""

    def __init__(self, block: Block, matcher: Matcher, places: DraftPlaces, known: Known, lang: str) -> None:
        self.block, self.matcher, self.places, self.lang = block, matcher, places, lang
        self.sheet: Sheet = block.sheet
        self.cells = Merged(self.sheet)
        self.mapping = WorkbookMapping("", ())
        self.names = Names(self.mapping, known)
        self.out = _Draft()
        self.used: set[int] = set(block.serial)
        self.measure = self.stated_measure()

    def say(self, key: str, **values: object) -> str:
        """Return a comment."""
        return "  # " + word(f"mapping.draft_{key}", self.lang, **values)

    def stated_measure(self) -> tuple[str, Decimal]:
        """Return the measure stated above the table (单位：万元)."""
        for row in range(self.block.header[0] - 1, -1, -1):
            for value in self.sheet.rows[row]:
                if isinstance(value, str) and "单位" in value and measure_of(value)[0]:
                    return measure_of(value)
        return "", Decimal(1)

    def draft(self) -> _Draft:
        """Return the lines of the table."""
        block, out = self.block, self.out
        item_column = self.item_column()
        first, last = block.header
        out.lines.append(f"    header: {first + 1}" + (f"-{last + 1}" if last > first else ""))
        if block.first > last + 1:
            out.lines.append(f"    rows: {block.first + 1}-" + self.say("numbering"))
        if block.limited:
            letters = [column_letters(column) for column in block.headers]
            out.lines.append(f"    columns: {letters[0]}-{letters[-1]}")
        if item_column is None:
            self.items_in_columns()
        else:
            self.items_in_rows(item_column)
        return out

    # --- which way the table lies ---

    def share(self, names: Iterable[str]) -> float:
        """Return the share of names that are, or are like, an item or indicator; an exact one counts fully."""
        names = [name for name in names if not is_total(name, self.mapping)]
        worth = {"exact": 1.0, "synonym": 1.0, "near": 0.6, "none": 0.0}
        return sum(worth[self.matcher.match(name).how] for name in names) / len(names) if names else 0.0

    def item_column(self) -> int | None:
        """Return the column that names the item of each row; None where the header names the items."""
        block = self.block
        shares = {column: self.share(block.labels(column)[:60]) for column in block.texts}
        best = max(shares, key=lambda column: shares[column], default=None)
        across = self.share(block.headers[column] for column in block.numeric)
        return best if best is not None and shares[best] > max(across, 0.3) else None

    def place_column(self, kind: str) -> int | None:
        """Return the column of names of units, areas or periods in the rows."""
        block = self.block
        free = [column for column in (*block.texts, *block.numeric) if column not in self.used]
        # 2000 may be a year or a number of people, a code too: a column of numbers needs a header that says so
        free = [c for c in free if c in block.texts or self.places.is_head(kind, block.headers[c])]
        shares = {c: self.places.share(kind, block.labels(c), block.headers[c]) for c in free}
        best = max(shares, key=lambda column: shares[column], default=None)
        return best if best is not None and shares[best] >= 0.5 else None

    # --- what the lines say ---

    def items_in_columns(self) -> None:
        """A row a unit, an area or a period; a column an item."""
        columns = {kind: self.take(kind) for kind in ("unit", "area", "period")}
        if all(column is None for column in columns.values()):
            free = [column for column in self.block.texts if column not in self.used]
            if free and len(self.block.labels(free[0])) > 1:
                columns["unit"] = free[0]  # names that are not known yet: a person gives them codes
                self.used.add(free[0])
        used = [column for column in self.block.numeric if column not in self.used]
        pattern = "{item}"
        parts = [self.block.headers[column].split(JOIN) for column in used]
        if parts and all(len(names) > 1 and period_in(names[0]) for names in parts):
            pattern = f"{{period}}{JOIN}{{item}}"  # a year above the items
        self.place_lines(columns, {}, pattern)
        self.out.lines.append(f"    item: {{header: {_text(pattern)}}}")
        left = [
            c for c in self.block.headers if c not in used and c not in set(columns.values()) and self.block.headers[c]
        ]
        self.ignore(left)
        names = [(self.block.headers[column], column_letters(column)) for column in used]
        if "{period}" in pattern:
            names = list({normal(name.split(JOIN, 1)[1]): (name.split(JOIN, 1)[1], at) for name, at in names}.values())
        self.entry_lines([(name, at) for name, at in names if not is_total(name, self.mapping)])

    def items_in_rows(self, item_column: int) -> None:
        """A row an item; a column a unit, an area or a period, or one column of values with the rest in the rows."""
        block = self.block
        self.used.add(item_column)
        self.used.update(c for c in block.numeric if any(text in block.headers[c] for text in _TARGETS))
        across = {
            kind: self.places.share(kind, [block.headers[c] for c in block.numeric if c not in self.used], "")
            for kind in ("unit", "area", "period")
        }
        by_header = max(across, key=lambda kind: across[kind])
        headed = across[by_header] >= 0.5
        columns = {kind: None if headed and kind == by_header else self.take(kind) for kind in across}
        value = None
        numeric = [column for column in block.numeric if column not in self.used]
        if not headed and len(numeric) > 1:
            named = [c for c in numeric if normal(block.headers[c]) in _VALUE_NAMES]
            value = named[0] if len(named) == 1 else None
        elif not headed:
            value = numeric[0] if numeric else None
        supposed = not headed and value is None
        self.place_lines(columns, {(by_header if headed else "unit"): True} if value is None else {})
        category = self.category(item_column)
        told = [category, item_column] if category is not None else [item_column]
        self.used.update(told)
        self.out.lines.append(f"    item: {{column: {_list([block.headers[column] for column in told])}}}")
        if value is not None:
            self.out.lines.append(f"    value: {_text(block.headers[value])}")
        if supposed:
            self.out.lines.append("    confirm: no" + self.say("supposed"))
        keep = {*told, *(c for c in columns.values() if c is not None), *([value] if value is not None else numeric)}
        self.ignore([column for column in block.headers if column not in keep and block.headers[column]])
        if headed or supposed:
            heads = [block.headers[c] for c in numeric]
            self.note_names(by_header if headed else "unit", heads)
        rows = [
            (self.cells.joined((row, column) for column in told), str(row + 1))
            for row in range(block.first, block.last + 1)
            if any(self.sheet.rows[row][c] is not None for c in numeric)
        ]
        self.entry_lines([(name, at) for name, at in rows if name and not block.is_header(name)], rows=True)

    def take(self, kind: str) -> int | None:
        """Return the column of names of a kind, used for nothing else from now on."""
        column = self.place_column(kind)
        if column is not None:
            self.used.add(column)
            if kind != "period":
                self.note_names(kind, self.block.labels(column))
        return column

    def category(self, item_column: int) -> int | None:
        """Return the column before the items that tells items of the same name apart (高血压, 糖尿病)."""
        block = self.block
        rows = range(block.first, block.last + 1)
        names = [self.cells.text(row, item_column) for row in rows]
        names = [name for name in names if name and not block.is_header(name)]
        before = [c for c in block.texts if c < item_column and c not in self.used and block.headers[c]]
        if len(names) == len(set(names)) or not before:
            return None
        pairs = {self.cells.joined((row, c) for c in (before[-1], item_column)) for row in rows}
        return before[-1] if len(pairs) > len(set(names)) else None

    def note_names(self, kind: str, names: Iterable[str]) -> None:
        """Keep the names that are no known ones: a person says what they stand for."""
        if kind == "period":
            return
        for name in names:
            if not is_total(name, self.mapping) and not self.places.knows(kind, name):
                (self.out.areas if kind == "area" else self.out.units).append(name)

    def place_lines(self, columns: dict[str, int | None], by_header: dict[str, bool], pattern: str = "") -> None:
        """Write where period, area and unit stand."""
        for kind in ("period", "area", "unit"):
            column = columns.get(kind)
            if f"{{{kind}}}" in pattern:
                self.out.lines.append(f"    {kind}: {{header: {_text(pattern)}}}")
            elif by_header.get(kind) and kind != "period":
                self.out.lines.append(f'    {kind}: {{header: "{{{kind}}}"}}')
            elif by_header.get(kind) or column is not None:
                header = self.block.headers.get(column) or column_letters(column) if column is not None else "*"
                self.out.lines.append(self.place_line(kind, column, header))
            else:
                self.out.lines += self.places.lines(kind, self.block)

    def place_line(self, kind: str, column: int | None, header: str) -> str:
        """Return the line of a column or header that says the period, area or unit; months without a year need one."""
        source = f"header: {_text(header)}" if column is None else f"column: {_text(header)}"
        block = self.block
        names = block.labels(column) if column is not None else [block.headers[c] for c in block.numeric]
        if kind != "period" or all(period_in(name) for name in names if not is_total(name, self.mapping)):
            return f"    {kind}: {{{source}}}"
        year = self.places.year(block)
        return f"    {kind}: {{{source}, year: {year}}}" + ("" if year else self.say("year"))

    def ignore(self, columns: Sequence[int]) -> None:
        """List the columns that are not read."""
        if columns:
            names = list(dict.fromkeys(self.block.headers[column] for column in columns))
            self.out.lines.append(f"    ignore_columns: {_list(names)}" + self.say("ignored"))

    # --- entries ---

    def entry_lines(self, names: Sequence[tuple[str, str]], rows: bool = False) -> None:
        """Write an entry for every name; of a long table each name once."""
        block = self.block
        spelled = [normal(name) for name, _ in names]
        places = sorted(self.used.difference(block.serial))
        cells = {self.cells.joined((int(at) - 1, c) for c in places) for _, at in names} if rows else set()
        long = rows and len(set(spelled)) < len(spelled) == len(cells)  # rows of the same item, of other places
        if long:
            names = list({normal(name): (name, at) for name, at in reversed(names)}.values())[::-1]
            spelled = [normal(name) for name, _ in names]
        periods = [_period_part(name) for name, _ in names]
        matches = [self.matcher.match(rest) for _, rest in periods]
        codes = [
            (match.best.code, when) if match.best else None for match, (when, _) in zip(matches, periods, strict=True)
        ]
        self.out.lines.append("    entries:")
        for at, ((name, where), match) in enumerate(zip(names, matches, strict=True)):
            same = [names[i][0] for i, code in enumerate(codes) if code and code == codes[at] and i != at]
            self.out.lines.append(f"      - name: {_text(name)}")
            if spelled.count(spelled[at]) > 1:
                self.out.lines.append(f"        at: {where}")
            if periods[at][0]:
                self.out.lines.append(f"        period: {periods[at][0]}")
            self.out.lines += [f"        {line}" for line in self.meaning(name, match, same)]
            if match.best is not None and match.best.kind == "indicator":
                self.out.lines += [f"        {line}" for line in self.term_lines(match.best.code, names, matches)]

    def meaning(self, name: str, match: Match, same: Sequence[str]) -> list[str]:
        """Return the lines of an entry that say what its name means."""
        best = match.best
        shown = [f"#   {c.kind}: {c.code}  {c.name} ({c.likeness:.2f})" for c in match.candidates]
        if best is None:
            target = any(text in name for text in _TARGETS)
            key = "several" if match.candidates else "target" if target else "unknown"
            return ["item:" + self.say(key), *shown]
        measure, scale = self.measure
        times = match.times if match.times != 1 else self.matcher.scale(best, measure, scale)
        lines = [f"{best.kind}: {best.code}  # {best.name}", f"how: {match.how}"]
        reasons = []
        if match.how == "near":
            reasons.append(word("mapping.draft_near", self.lang, likeness=f"{best.likeness:.2f}"))
        if times != 1:
            lines.append(f"times: {format(times.normalize(), 'f')}")
            reasons.append(word("mapping.draft_times", self.lang))
        if same:
            reasons.append(word("mapping.draft_same", self.lang, other=same[0]))
        if reasons:
            lines.append(f"confirm: no  # {'; '.join(reasons)}")
        return [*lines, *shown[1:]]

    def term_lines(self, indicator: str, names: Sequence[tuple[str, str]], matches: Sequence[Match]) -> list[str]:
        """Return the numerator and denominator of a printed rate, where the same table has them."""
        lines = []
        for term, item in zip(("numerator", "denominator"), self.matcher.items_of(indicator), strict=True):
            with_item = [n for (n, _), m in zip(names, matches, strict=True) if m.best and m.best.code == item]
            if item and len(with_item) == 1:
                lines.append(f"{term}: {_text(with_item[0])}")
        return lines


def _period_part(name: str) -> tuple[str, str]:
    """Return the period that a part of a name says (last_year for 上年同期), and the name without that part."""
    parts = name.split(JOIN)
    told = {part: "last_year" if normal(part) in _LAST_YEAR else period_in(part) for part in parts}
    kept = [part for part in parts if not told[part] and normal(part) not in _THIS_YEAR]
    found = [when for when in told.values() if when]
    return (found[0] if len(found) == 1 else "", JOIN.join(kept)) if kept and len(found) < 2 else ("", name)


def _text(text: str) -> str:
    """Return a text in quotes, so that nothing in it is read as YAML."""
    return json.dumps(text, ensure_ascii=False)


def _list(texts: Sequence[str]) -> str:
    return _text(texts[0]) if len(texts) == 1 else f"[{', '.join(map(_text, texts))}]"
