"""The pages on methods: their examples print what is shown, both languages say the same, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
LANGUAGES = {"en": ".md", "zh": ".zh-CN.md"}
FIGURES = {
    "authenticity": r"94\.6|92\.5",
    "funds": r"(?!)",
    "ranking": r"\d+\.\d+",
    "trends": r"9\.5495|3\.92|2\.66|3\.267|02;03",
}
"""The pages, and the numbers of their methods that both languages must give."""

every_page = pytest.mark.parametrize("name", FIGURES)
every_language = pytest.mark.parametrize("lang", LANGUAGES)


def text(name: str, lang: str) -> str:
    return (DOCS / (name + LANGUAGES[lang])).read_text(encoding="utf-8")


@every_page
@every_language
def test_the_example_prints_what_is_shown(name: str, lang: str) -> None:
    code, shown = re.findall(r"^```(?:python|text)\n(.*?)^```$", text(name, lang), re.MULTILINE | re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=120)
    assert ran.stdout == shown


@every_page
def test_both_pages_have_the_same_parts(name: str) -> None:
    for marker in ("## ", "- ", "|", *(("`ev.",) if name == "trends" else ())):
        counts = {lang: sum(line.startswith(marker) for line in text(name, lang).splitlines()) for lang in LANGUAGES}
        assert counts["en"] == counts["zh"] > 1, marker
    # the numbers of the methods, and whatever is spelled as code
    for pattern in (FIGURES[name], r"`[^`\n]+`"):
        found = {lang: sorted(set(re.findall(pattern, text(name, lang)))) for lang in LANGUAGES}
        assert found["en"] == found["zh"], pattern


@every_page
@every_language
def test_links_lead_somewhere(name: str, lang: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(name, lang)):
        assert target.startswith("https://") or (DOCS / target).exists(), target
