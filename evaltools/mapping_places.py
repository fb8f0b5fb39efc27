"""For a draft: where period, area and unit of a table stand, and which names of places are not known yet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from evaltools.header_names import Merged, normal, similarity
from evaltools.mapped_names import Names
from evaltools.mapping_layout import Block
from evaltools.mappings import WorkbookMapping
from evaltools.printed_periods import matched, period_in
from evaltools.returns import Known
from evaltools.sheets import Sheet, cell_name
from evaltools.tables import each_row
from evaltools.wording import word

_UNIT_NAME = re.compile(r".*(卫生院|服务中心|服务站|卫生室|医院|保健院|保健所|疾控中心|监督所|分院|诊所)(\(.*\))?")
_TOWN_NAME = re.compile(r".{1,8}(镇|乡|街道|社区|村|办事处|农场|林场)")
_AREA_NAME = re.compile(r".{1,10}(县|区|市|旗|州|盟|地区)")
_HEADS = {
    "unit": re.compile(
        r".*(机构|乡镇|卫生院|单位|街道|中心|村|社区)(名称|代码|编码)?|unit|institution|township|facility"
    ),
    "area": re.compile(r".*(县区|区县|县市区|县\(市|地区|行政区|县别|市县|旗县|县名).*|县|区|市|area|county|district"),
    "period": re.compile(r"年份|年度|年月|月份|月|年|时期|期间|季度|报告期|所属期|统计期|period|year|month|quarter"),
}
_MONTH = re.compile(r"(1[0-2]|0?[1-9]|[一二三四五六七八九十]|十[一二])月(份)?")
_QUARTER = re.compile(r"第?[1-4一二三四]季度")
_LIKE = 0.5


class DraftPlaces:
    """Finds places and periods in the sheets of one file."""

    def __init__(self, sheets: Sequence[Sheet], path: Path, known: Known, lang: str) -> None:
        self.path, self.known, self.lang = path, known, lang
        self.names = Names(WorkbookMapping("", ()), known)
        self.codes = sorted(known.areas["area"])
        self.visible = [sheet for sheet in sheets if not sheet.hidden]
        self.area_names = sorted({n for r in each_row(known.areas) for n in (r.name_zh,) if n}, key=len, reverse=True)
        self.new_areas: list[str] = []

    # --- what a name looks like ---

    def knows(self, kind: str, name: str) -> bool:
        """Whether a name is the exact name or code of a known area or unit."""
        if kind == "area":
            return bool(self.names.area(name).code)
        return any(self.names.unit(name, area).code for area in self.codes)

    def share(self, kind: str, labels: Iterable[str], header: str) -> float:
        """Return the share of names that are, or look like, units, areas or periods; a telling header is worth half."""
        names = list(labels)
        looks = {"unit": self._unit, "area": self._area, "period": self._period}[kind]
        told = 0.5 if self.is_head(kind, header) else 0.0
        return told + (sum(looks(name) for name in names) / len(names) if names else 0.0)

    @staticmethod
    def is_head(kind: str, header: str) -> bool:
        """Whether a header says that its column holds units, areas or periods."""
        return bool(_HEADS[kind].fullmatch(normal(header)))

    def _unit(self, name: str) -> bool:
        text = normal(name)
        return self.knows("unit", name) or bool(_UNIT_NAME.fullmatch(text) or _TOWN_NAME.fullmatch(text))

    def _area(self, name: str) -> bool:
        return self.knows("area", name) or bool(_AREA_NAME.fullmatch(normal(name)))

    def _period(self, name: str) -> bool:
        text = normal(name)
        return bool(period_in(text) or _MONTH.fullmatch(text) or _QUARTER.fullmatch(text))

    # --- where period, area and unit stand ---

    def titles(self, block: Block) -> Iterable[tuple[str, str]]:
        """Yield cell and text of what stands above a table, the nearest first."""
        cells = Merged(block.sheet)
        for row in range(block.header[0] - 1, -1, -1):
            for column, value in enumerate(block.sheet.rows[row]):
                if value is not None:
                    yield cell_name(row, column), cells.text(row, column)

    def year(self, block: Block) -> str:
        """Return the year that the titles or the file name tell; "" for none or several."""
        texts = [*(text for _, text in self.titles(block)), self.path.stem, block.sheet.name]
        years = {year for text in texts for year in re.findall(r"(?:19|20)\d{2}(?=年|$|[^\d])", normal(text))}
        return years.pop() if len(years) == 1 else ""

    def lines(self, kind: str, block: Block) -> list[str]:
        """Return the lines of a draft that say where the period, area or unit of a whole table stands."""
        return {"period": self._period_lines, "area": self._area_lines, "unit": self._unit_lines}[kind](block)

    def _say(self, key: str) -> str:
        return "  # " + word(f"mapping.draft_{key}", self.lang)

    def _period_lines(self, block: Block) -> list[str]:
        sheet = normal(block.sheet.name)
        titles = [(cell, text, period_in(text)) for cell, text in self.titles(block)]
        monthly = _MONTH.fullmatch(sheet) or _QUARTER.fullmatch(sheet)
        told = any("累计" in text for _, text, _ in titles) or "累计" in sheet
        cumulative = ["    cumulative: yes", "    confirm: no" + self._say("cumulative")] if told else []
        if monthly and not any(period and len(period) > 4 for _, _, period in titles):
            pattern = "{quarter}" if _QUARTER.fullmatch(sheet) else "{month}"
            name = re.sub(r"第?[1-4一二三四]季度", "*{quarter}季度", sheet) if "quarter" in pattern else "{month}月*"
            year = self.year(block)
            return (
                [f"    period: {{sheet: {_text(name)}, year: {year}}}", *cumulative]
                if year
                else [
                    f"    period: {{sheet: {_text('{year}年' + name)}}}",
                    "    confirm: no" + self._say("year"),
                ]
            )
        for cell, _, period in titles:
            if period:
                return [f"    period: {{cell: {cell}}}  # {period}", *cumulative]
        if period_in(sheet):
            return ['    period: {sheet: "*"}' + f"  # {period_in(sheet)}", *cumulative]
        if period_in(self.path.stem):
            return ['    period: {file: "*"}' + f"  # {period_in(self.path.stem)}", *cumulative]
        return ["    period:" + self._say("period"), *cumulative]

    def _area_lines(self, block: Block) -> list[str]:
        sources = [("cell", cell, text) for cell, text in self.titles(block)]
        sources += [("sheet", "", block.sheet.name), ("file", "", self.path.stem)]
        for source, cell, text in sources:
            for name in self.area_names or self._unknown_areas(text):
                pattern = _around(text, name)
                if pattern:
                    if not self.area_names:
                        self.new_areas.append(name)
                    told = (
                        f"cell: {cell}, pattern: {_text(pattern)}"
                        if source == "cell"
                        else f"{source}: {_text(pattern)}"
                    )
                    return [f"    area: {{{told}}}  # {name}"]
        if len(self.codes) == 1:
            return [f"    area: {_text(self.codes[0])}", "    confirm: no" + self._say("only_area")]
        return ["    area:" + self._say("area")]

    @staticmethod
    def _unknown_areas(text: str) -> list[str]:
        """Return what looks like the name of an area at the beginning of a title."""
        match = re.match(r"(?:填报(?:单位|机构):)?([^\d\W]{1,8}?[县区市旗])(?!级)", normal(text))
        return [match[1]] if match else []

    def _unit_lines(self, block: Block) -> list[str]:
        """A sheet a unit, where its name is one."""
        return ['    unit: {sheet: "{unit}"}'] if self._unit(block.sheet.name) else []

    # --- names that stand for nothing yet ---

    def stated(self, areas: Sequence[str], units: Sequence[str]) -> list[str]:
        """Return the lines that state areas and units where none are known, or that ask which are meant."""
        areas = list(dict.fromkeys([*self.new_areas, *areas]))
        units = [*units, *self._sheets_named()]
        lines: list[str] = []
        if not self.codes:
            if areas:
                lines += ["areas:" + self._say("areas"), *(line for n in areas for line in ("  - area:", _name(n)))]
            if units:
                lines.append("units:" + self._say("units"))
                lines += [f'  - {{unit: "{at:02d}", name_zh: {_text(n)}}}' for at, n in enumerate(units, 1)]
            return lines
        if areas or units:
            lines.append("names:" + self._say("names"))
        for kind, names in (("area", areas), ("unit", units)):
            for name in names:
                lines += [f"  {_text(name)}:", *self._near(kind, name)]
        return lines

    def _sheets_named(self) -> list[str]:
        return [s.name for s in self.visible if self._unit(s.name) and not self.knows("unit", s.name)]

    def _near(self, kind: str, name: str) -> list[str]:
        frame = self.known.areas if kind == "area" else self.known.units
        alike = [
            (similarity(normal(name), normal(row.name_zh)), getattr(row, kind), row.name_zh) for row in each_row(frame)
        ]
        best = sorted((found for found in alike if found[0] >= _LIKE), key=lambda found: (-found[0], found[1]))[:3]
        return [f"  #   {_text(code)}  {text} ({like:.2f})" for like, code, text in best]


def _name(name: str) -> str:
    return f"    name_zh: {_text(name)}"


def _around(text: str, name: str) -> str:
    """Return the pattern that finds a name in a text; "" if it is not there, or none finds it alone."""
    spelled, wanted = normal(text), normal(name)
    before, found, after = spelled.partition(wanted)
    if not found:
        return ""
    year = "{year}年*" if re.match(r"(19|20)\d{2}年", after) else ""
    backs = [back for back in (year, after[:2] + "*" if after else "", after) if back or not after]
    fronts = [before] if before.endswith(":") or not before else ["*", "*" + before[-1:], "*" + before[-2:], before]
    for front in fronts:
        for back in backs:
            pattern = f"{front}{{area}}{back}"
            parts = matched(pattern, text)
            if parts is not None and parts.get("area") == wanted:
                return pattern
    return ""


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
