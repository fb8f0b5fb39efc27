"""The benchmark of the ranking runs, and its two sides agree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent / "bench" / "ranking.py"


def test_it_prints_both_sides_and_they_agree() -> None:
    line = [sys.executable, str(SCRIPT), "--areas", "40", "--lines", "10", "--simulations", "400", "--naive", "20"]
    ran = subprocess.run(line, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    first, *seconds, ratio, apart = ran.stdout.splitlines()
    assert first.startswith("40 counties, 10 lines")
    for name, text in zip(("all counties", "400 draws", "their ranks", "one draw"), seconds, strict=True):
        assert re.fullmatch(rf"(score|ours|naive) +{name} +[\d.]+ s(, by a sample of 20)?", text), text
    assert re.fullmatch(r"ratio +\d+ times", ratio), ratio
    found = re.search(r"mean (\S+) points, root mean square (\S+) deviations", apart)
    assert found, apart
    # 800 totals of each side; a root mean square of 1 is another draw from the same distribution
    assert abs(float(found[1])) < 0.05
    assert 0.9 < float(found[2]) < 1.1
