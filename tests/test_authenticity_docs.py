"""The pages on sampled records: their example prints what is shown, and both say the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {"en": "authenticity.md", "zh": "authenticity.zh-CN.md"}


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
    for pattern in (r"94\.6|92\.5", r"`[^`\n]+`"):
        found = {lang: sorted(set(re.findall(pattern, text(lang)))) for lang in PAGES}
        assert found["en"] == found["zh"], pattern


@pytest.mark.parametrize("lang", PAGES)
def test_links_lead_somewhere(lang: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(lang)):
        assert (DOCS / target).exists(), target
