"""Parts of a page written by hand, some by somebody hostile: what documents are made from in several test modules."""

from __future__ import annotations

from typing import Any

from nbformat import NotebookNode, v4

from evaltools.publishing import MIME
from evaltools.site import PageContext

WICKED = '=HYPERLINK("http://x")<w:b/>&amp;]]>\'"\u202e县\x07🙂' + "长" * 60
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="x" width="672" height="96" viewBox="0 0 504 72">'
    '<rect x="0" y="0" width="252" height="72" fill="#17607a"/><text x="300" y="40" font-size="20">县乡村</text></svg>'
)
ROWS = [
    ("高血压患者规范管理率", 45774, 54406, 45774 / 54406 * 100, 100, "proportion", 0.013, "met", "+sum(1)"),
    (WICKED, 0, 1_000_000_000_000, 0.0000001, 100, "proportion", -2.1449999999999996, "not_met", "@cmd"),
    ("孕产妇死亡率", 3, 25_678, 3 / 25_678 * 100_000, 100_000, "rate", None, "missing", "-1+1"),
    ("每万人口全科医生数", 205, 601_280, 205 / 601_280 * 10_000, 10_000, "ratio", 0.0, "met", "007"),
]
HEADERS = [
    ["name", "指标", "text"],
    ["numerator", "分子", "quantity"],
    ["denominator", "分母", "quantity"],
    ["value", "本期值", "value"],
    ["change_pp", "变化", "change_pp"],
    ["status", "目标", "status"],
]


def notebook(lang: str = "zh", times: int = 1) -> NotebookNode:
    """An executed notebook with every kind of part, its table made by the gate's own function, `times` as long."""
    import pandas as pd

    from evaltools.html_tables import table_forms

    names = ["name", "numerator", "denominator", "value", "per", "kind", "change_pp", "status", "code"]
    frame = pd.DataFrame(ROWS, columns=names).assign(
        part=["甲", "甲", "乙", "乙"], area="990101", ward=["007", "12", "1", ""], last=[False, False, False, True]
    )
    frame = pd.concat([frame] * times, ignore_index=True).astype({"numerator": "float64", "denominator": "float64"})
    columns = {name: (header, form) for name, header, form in HEADERS}
    markup, shown = table_forms(frame, columns, lang, caption="", group="part", emphasis="last")
    table = {"kind": "table", "name": "main", "label": "表1" if lang == "zh" else "Table 1", "caption": WICKED}
    csv = frame.drop(columns="last").to_csv(index=False, lineterminator="\n")
    blocks = [
        {"kind": "paragraph", "items": ["人工填写的一段。"], "start": 1},
        {"kind": "bullets", "items": ["甲项", "<b>乙项</b>"], "start": 1},
        {"kind": "numbers", "items": ["第三", "第四"], "start": 3},
    ]
    figure = {"kind": "figure", "name": "bars", "label": "图1" if lang == "zh" else "Figure 1", "caption": "柱图"}
    return _executed(
        f'<div class="ev"><div class="ev-table">{markup}</div></div>',
        {"kind": "style"},
        {"kind": "section", "title": "总体情况", "level": 2},
        {"kind": "key_figures", "figures": [["总分", "87.83", "满分100分"], ["排名", "1", ""]]},
        {"kind": "text", "sentences": ["第一句。", WICKED]},
        {"kind": "section", "title": "存在问题", "level": 2},
        {"kind": "section", "title": "指标", "level": 3},
        table | {"csv": csv, "explore": False, "shown": shown, "columns": HEADERS},
        figure | {"alt": '左边一半是"深色"<&>', "svg": SVG},
        {"kind": "written", "slot": "problems", "title": "存在问题（人工填写）", "sentences": [], "blocks": blocks},
        {"kind": "note", "sentences": ["说明一。"], "strong": False},
        {"kind": "note", "sentences": ["要先知道的。"], "strong": True},
    )


def about(lang: str = "zh", **more: Any) -> PageContext:
    """What a page says around its content."""
    found = {"title": f"样例县 & <b>{WICKED[:20]}", "period_label": "2024年", "stage": "final", "source": "来源 <x>"}
    return PageContext(**{"lang": lang, **found, **more})


def _executed(table: str, *published: dict[str, Any]) -> NotebookNode:
    outputs = [
        # as the gate leaves them; of the fragments only the table's is looked at
        v4.new_output("display_data", data={"text/html": table if data["kind"] == "table" else "", MIME: data})
        for data in published
    ]
    return v4.new_notebook(cells=[v4.new_code_cell("x", outputs=outputs)])
