"""The pages on composite rankings: their example prints what is shown, both say the same, and name what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from evaltools import normalisation, rank_sum_ratio, ranking

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {"en": "ranking.md", "zh": "ranking.zh-CN.md"}


def text(lang: str) -> str:
    return (DOCS / PAGES[lang]).read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", PAGES)
def test_the_example_prints_what_is_shown(lang: str) -> None:
    code, shown = re.findall(r"^```(?:python|text)\n(.*?)^```$", text(lang), re.MULTILINE | re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=120)
    assert ran.stdout == shown


def test_both_pages_have_the_same_parts() -> None:
    for marker in ("## ", "- ", "|"):
        counts = {lang: sum(line.startswith(marker) for line in text(lang).splitlines()) for lang in PAGES}
        assert counts["en"] == counts["zh"] > 1, marker
    # the numbers of the methods, and whatever is spelled as code
    for pattern in (r"\d+\.\d+", r"`[^`\n]+`"):
        found = {lang: sorted(set(re.findall(pattern, text(lang)))) for lang in PAGES}
        assert found["en"] == found["zh"], pattern


@pytest.mark.parametrize("lang", PAGES)
def test_what_the_pages_name_is_there_and_the_other_way_round(lang: str) -> None:
    named = set(re.findall(r"`ev\.ranking\.(\w+)`", text(lang)))
    functions = {name for name in ranking.__all__ if name[0].islower()}
    # the indices by class are the one function that is only for those who look further
    assert named == functions - {"class_indices"}
    in_table = re.findall(r"^\| `(\w+)` \|", text(lang), re.MULTILINE)
    assert in_table == list(normalisation.CONVENTIONS)


@pytest.mark.parametrize("lang", PAGES)
def test_the_pages_give_the_cut_offs_of_the_tiers(lang: str) -> None:
    (line,) = [one for one in text(lang).splitlines() if "3.2" in one and "6.8" in one]
    numbers = [float(one) for one in re.findall(r"\d(?:\.\d)?", line)]
    cuts = [cut for several in rank_sum_ratio.CUT_OFFS.values() for cut in several]
    assert numbers[: len(cuts)] == cuts


@pytest.mark.parametrize("lang", PAGES)
def test_links_lead_somewhere(lang: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(lang)):
        assert target.startswith("https://") or (DOCS / target).exists(), target
