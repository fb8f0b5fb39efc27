"""What a dataset, a standard and a region's figures show of themselves: true, short, and nothing of it runs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from bs4 import BeautifulSoup

import evaltools as ev
from evaltools.regions import RegionFigures


@pytest.fixture(scope="module")
def data() -> ev.Data:
    return ev.load("qof", area="P001")


def rows(html: str) -> list[dict[str, str]]:
    head, *found = [[cell.get_text() for cell in row(["th", "td"])] for row in BeautifulSoup(html, "html.parser")("tr")]
    return [dict(zip(head, row, strict=True)) for row in found]


def test_a_dataset_lists_its_tables(data: ev.Data) -> None:
    found = {row["attribute"]: row for row in rows(data._repr_html_())}
    for name in ("facts", "items", "catalogue", "areas", "units", "claims", "targets", "judgements", "breaks"):
        frame = getattr(data, name)
        assert found[name]["rows"] == str(len(frame))
        assert found[name]["columns"].split(", ") == list(frame.columns)
    assert repr(data).count("\n") == 0 and str(len(data.facts)) in repr(data) and "P001" in repr(data)


def test_a_standard_lists_its_lines(data: ev.Data) -> None:
    standard = data.standard
    assert standard is not None
    found = rows(standard._repr_html_())
    assert [(row["line"], row["rule"], row["points"]) for row in found] == [
        (line.id, line.rule, str(line.points)) for _, line in standard.lines
    ]
    assert len(repr(standard)) < 200 and standard.id in repr(standard)


def test_figures_of_a_region_list_their_tables() -> None:
    frame = pd.DataFrame({"area": ["01", "02"]})
    figures = RegionFigures(frame, frame, frame, frame, frame.head(0))
    assert [row["rows"] for row in rows(figures._repr_html_())] == ["2", "2", "2", "2", "0", "0"]
    assert "league 0" in repr(figures)


def test_a_name_in_it_does_not_run(data: ev.Data) -> None:
    bad = "<script>alert(1)</script>"
    areas = data.areas.assign(name_zh=bad, name_en=bad)
    assert data.standard is not None
    named = replace(data, areas=areas, meta=replace(data.meta, title_zh=bad, title_en=bad))
    for shown in (named._repr_html_(), replace(data.standard, name_zh=bad)._repr_html_()):
        assert bad not in shown and BeautifulSoup(shown, "html.parser").script is None
