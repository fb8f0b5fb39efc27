"""The benchmark of trends runs, and its two sides agree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "bench" / "trends.py"


def test_it_prints_both_sides_and_they_agree() -> None:
    line = [sys.executable, str(SCRIPT), "--areas", "3", "--indicators", "10", "--years", "6"]
    ran = subprocess.run(line, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    first, *ours, theirs, ratio, largest = ran.stdout.splitlines()
    assert first.startswith("180 rows, 30 series")
    names = ("year on year", "growth figures", "trends", "together")
    for name, text in zip(names, ours, strict=True):
        assert re.fullmatch(rf"ours +{name} +[\d.]+ s +[\d,]+ series a second", text), text
    sample = re.fullmatch(r"theirs one GLM a series +[\d,]+ s +[\d,]+ series a second, by a sample of (\d+)", theirs)
    assert sample and int(sample[1]) > 20, theirs
    assert re.fullmatch(r"ratio +\d+ times", ratio), ratio
    difference = re.fullmatch(r"largest difference of a slope (\S+), relative, of a half width (\S+)", largest)
    assert difference and all(0 <= float(text) < 1e-6 for text in difference.groups()), largest
