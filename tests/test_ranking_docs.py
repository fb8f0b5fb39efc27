"""The pages on composite rankings name what exists, and give the cut-offs that are used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaltools import normalisation, rank_sum_ratio, ranking

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {"en": "ranking.md", "zh": "ranking.zh-CN.md"}


def text(lang: str) -> str:
    return (DOCS / PAGES[lang]).read_text(encoding="utf-8")


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
