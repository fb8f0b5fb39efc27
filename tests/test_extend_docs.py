"""The page on notebooks, indicators and rules of one's own: what it shows works, in both languages."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from evaltools import cli
from evaltools.new_notebook import LONGEST

DOCS = Path(__file__).parents[1] / "docs"
LANGUAGES = {"en": "extend.md", "zh": "extend.zh-CN.md"}

every_language = pytest.mark.parametrize("lang", LANGUAGES)


def text(lang: str) -> str:
    return (DOCS / LANGUAGES[lang]).read_text(encoding="utf-8")


@every_language
def test_the_example_prints_what_is_shown(lang: str) -> None:
    code, shown = re.findall(r"^```(?:python|text)\n(.*?)^```$", text(lang), re.MULTILINE | re.DOTALL)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True, timeout=120)
    assert ran.stdout == shown


@every_language
def test_the_commands_are_commands(lang: str) -> None:
    shown = re.findall(r"^evaltools (.*)$", text(lang), re.MULTILINE)
    assert len(shown) == 3
    for line in shown:
        assert cli._parser().parse_args(shlex.split(line)).command
    for command, options in re.findall(r"`evaltools (\w+) (--[a-z]+)", text(lang)):
        assert cli._parser().parse_args([command, options, "least=5"]).command
    assert str(LONGEST) in text(lang)


def test_both_pages_have_the_same_parts() -> None:
    for marker in ("## ", "- ", "|", "```"):
        counts = {lang: sum(line.startswith(marker) for line in text(lang).splitlines()) for lang in LANGUAGES}
        assert counts["en"] == counts["zh"] > 1, marker
    found = {lang: sorted(set(re.findall(r"`[^`\n]+`", text(lang)))) for lang in LANGUAGES}
    assert found["en"] == found["zh"]


@every_language
def test_links_lead_somewhere(lang: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text(lang)):
        assert (DOCS / target).exists(), target
