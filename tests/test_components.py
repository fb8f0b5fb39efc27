"""The page of all components has every chart and every format, in both languages, and nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaltools import charts, components
from evaltools.html_tables import FORMATS
from evaltools.wording import LANGUAGES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=LANGUAGES)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("components") / "page.html"
    components.main([str(out), "--lang", request.param])
    return Path(out).read_text(encoding="utf-8")


def test_every_chart_is_on_the_page_with_an_alternative_text_that_has_numbers(page: str) -> None:
    drawn = dict(re.findall(r'id="figure-([a-z_]+)">.*?<svg [^>]*aria-label="([^"]*)"', page, re.DOTALL))
    assert set(drawn) == set(charts.__all__) - {"svg", "theme", "use"}
    assert [name for name, alt in drawn.items() if not re.search(r"\d", alt)] == []


def test_every_format_of_a_table_is_on_the_page(page: str) -> None:
    heads = {head.split(":")[0] for head in re.findall(r"<th[^>]*>([a-z_0-9:]+)</th>", page)}
    assert set(FORMATS) <= heads


def test_the_other_kinds_of_output_are_on_the_page(page: str) -> None:
    for mark in ('class="ev-key"', 'class="ev-note"', "ev-note ev-strong", "ev-spark", "<ul>"):
        assert mark in page
    assert len(page.encode()) < 400_000
