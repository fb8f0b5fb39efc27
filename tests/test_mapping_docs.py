"""The worked example of docs/mapping.md, made and read as it is printed there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sent import workbook

import evaltools as ev
from evaltools.mappings import _ENTRY_KEYS, _TABLE_KEYS, _TOP_KEYS

DOCS = Path(__file__).parent.parent / "docs"
PAGES = ("mapping.md", "mapping.zh-CN.md")
MERGES = ("C2:E2", "A2:A3", "B2:B3", "F2:F3")


def printed_tables(text: str) -> list[list[list[str]]]:
    """Return the tables of a page, each as rows of cells."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE)
    tables = [[[cell.strip() for cell in line.strip("|").split("|")] for line in b.splitlines()] for b in blocks]
    return [[table[0], *table[2:]] for table in tables]


def number(text: str) -> object:
    return float(text) if re.fullmatch(r"[\d.]+", text) else text or None


@pytest.mark.parametrize("page", PAGES)
def test_the_example_is_read_as_the_page_says(page: str, tmp_path: Path) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    sheet, facts, claims, findings, *_ = printed_tables(text)
    path = workbook(tmp_path / "平安县.xlsx", {"慢病": [[number(c) for c in row] for row in sheet[1:]]}, *MERGES)
    mapping = re.search(r"```yaml\n(.*?)```", text, flags=re.DOTALL)
    assert mapping is not None
    (tmp_path / "平安县.map.yaml").write_text(mapping[1], encoding="utf-8")
    data = ev.load(str(path))
    cell = data.facts["source"].str.rsplit("!", n=1).str[1]
    read = data.facts.assign(source=cell)[facts[0]].assign(value=data.facts["value"].map("{:g}".format))
    assert sorted(read.astype(str).to_numpy().tolist()) == sorted(facts[1:])
    cell = data.claims["source"].str.rsplit("!", n=1).str[1]
    read = data.claims.assign(source=cell)[claims[0]].map(lambda v: f"{v:g}" if isinstance(v, float) else v)
    assert sorted(read.to_numpy().tolist()) == sorted(claims[1:])
    wrong = data.remarks[data.remarks["level"] == "error"]
    found = [[where.rsplit("!", 1)[1], rule] for where, rule in zip(wrong["where"], wrong["rule"], strict=True)]
    assert found == findings[1:]
    # the contradiction is in what is checked, and the county's other figures are there all the same
    checked = ev.check(data)
    assert {"printed_total", "claim_arithmetic"} <= set(checked["rule"])


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_described(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for key in {*_TOP_KEYS, *_TABLE_KEYS, *_ENTRY_KEYS}:
        assert re.search(rf"\b{key}\b", text), key
