"""What a county's page weighs with every chart there is, its tables and its font."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from chart_frames import CHARTS
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat import v4

from evaltools import datasets, site
from evaltools.publishing import Publish
from evaltools.wording import LANGUAGES, word

pytestmark = pytest.mark.slow


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_county_page_with_twelve_charts_stays_below_400_kb(shell: InteractiveShell, lang: str) -> None:
    indicators = datasets.load("example", area="990101").catalogue
    names = indicators[f"name_{lang}"].head(60)
    table = pd.DataFrame({"name": names, "value": 86.76, "n": 12345, "status": ["better", "worse", "same"] * 20})
    columns = {
        "name": ("名称", "text"),
        "value": ("值", "percent"),
        "n": ("数", "integer"),
        "status": ("变化", "status"),
    }
    publish = Publish(lang=lang)
    with capture_output() as captured:
        publish.section("一")
        publish.text(list(indicators[f"name_{lang}"]))
        for number in range(3):
            publish.table(table, f"table_{number}", "标题", columns)
        for name, (make, draw) in CHARTS.items():
            publish.figure(draw(make(), lang), name, name, word("charts.no_data", lang))
    outputs = [v4.new_output("display_data", data=dict(shown.data)) for shown in captured.outputs]
    notebook = v4.new_notebook(cells=[v4.new_code_cell("pass", outputs=outputs)])
    page = site.render(notebook, site.PageContext(lang=lang, title="甲县"))
    assert len(CHARTS) >= 12 and page.html.count("<svg xmlns") == len(CHARTS)
    assert page.html.count("@font-face") == 1
    size = len(page.html.encode())
    print(f"{lang}: {size / 1000:.0f} kB")
    assert size < 400_000
