"""Runs the notebook of the region's report in this process, on a dataset of any size, and returns its page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builders import area, dataset, fact, indicator, unit
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import v4

import evaltools as ev
from evaltools import site
from evaltools.publishing import MIME

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "05_region_report.ipynb"
STANDARD = """\
id: small
name_zh: 小标准
name_en: Small standard
source: made for the tests
mark: general
total: 100
rounding: {digits: 2, mode: half_up, of: line}
missing: zero
not_applicable: exclude
grades:
  - {id: good, name_zh: 优秀, name_en: Excellent, from: 80}
  - {id: fair, name_zh: 良好, name_en: Fair, from: 60}
  - {id: poor, name_zh: 不合格, name_en: Poor, from: 0}
sections:
  - id: work
    name_zh: 项目执行
    name_en: Work
    points: 60
    lines:
      - {id: share, indicator: share, rule: proportional, points: 60, target: 95, source: s, mark: general}
  - id: effect
    name_zh: 项目效果
    name_en: Effect
    points: 40
    lines:
      - {id: result, indicator: result, rule: proportional, points: 40, target: 80, source: s, mark: general}
"""


@dataclass(frozen=True)
class Shown:
    """A page, and what came through the gate, in order."""

    html: str
    parts: list[dict[str, Any]]


def region_of(folder: Path, names: Sequence[str], years: Sequence[int], values: Any) -> Path:
    """Write a region 9 of counties with `names`, codes 0001 and on.

    values(at, year) is a county's (a, b, c), of which a/b is `share` and c/b `result`, None for nothing reported.
    """
    codes = [f"{at:04d}" for at in range(1, len(names) + 1)]
    places = [area("9", name_zh="样例市", name_en="Sample city")]
    places += [area(code, parent="9", name_zh=name, name_en=name) for code, name in zip(codes, names, strict=True)]
    facts = [
        fact(str(year), code, item, value, "01")
        for year in years
        for at, code in enumerate(codes)
        if (own := values(at, year)) is not None
        for item, value in zip("abc", own, strict=True)
    ]
    rows = [indicator("share", "a", "b"), indicator("result", "c", "b")]
    items = [{"item": name, "name_zh": f"项目{name}", "name_en": f"Item {name}"} for name in "abc"]
    common = {"over_units": "sum", "over_time": "sum", "people": "yes", "sensitive": "no", "family": "test"}
    dataset(
        folder,
        {"region": "9", "standard": "small"},
        areas=places,
        units=[unit(code, "01") for code in codes],
        items=[{**row, **common, "measure": "person"} for row in items],
        indicators=rows,
        facts=facts,
    )
    (folder / "standards").mkdir()
    (folder / "standards" / "small.yaml").write_text(STANDARD, encoding="utf-8")
    return folder


def run(data: str, period: str, lang: str, states: Mapping[str, str] | None = None, **parameters: str) -> Shown:
    """Run the notebook cell by cell; raises what a cell raises. states: as `site.render` takes them."""
    shell = InteractiveShell.instance()
    given = {"data": data, "period": period, "lang": lang, **parameters}
    outputs: list[Any] = []
    try:
        for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            tagged = "parameters" in cell["metadata"].get("tags", [])
            source = "".join(cell["source"]) + ("\n" + "\n".join(f"{k} = {v!r}" for k, v in given.items())) * tagged
            with capture_output() as captured:
                shell.run_cell(source).raise_error()
            outputs += captured.outputs
    finally:
        InteractiveShell.clear_instance()
    parts = [output.data[MIME] for output in outputs]
    cell = v4.new_code_cell("pass", outputs=[v4.new_output("display_data", data=dict(one.data)) for one in outputs])
    context = site.PageContext(lang=lang, title=ev.load(data).area_name("9", lang), period_label=period)
    return Shown(site.render(v4.new_notebook(cells=[cell]), context, states).html, parts)
