"""The benchmark of size runs, on a dataset in which the checks find no error."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "bench" / "size.py"


def test_it_prints_rows_a_second_of_both_sides_and_no_error_is_found(tmp_path: Path) -> None:
    line = [sys.executable, str(SCRIPT), "--counties", "3", "--folder", str(tmp_path / "size")]
    ran = subprocess.run(line, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    first, ours, plain = ran.stdout.splitlines()
    assert first.startswith("4,968 facts of 3 counties")
    for side, text in (("ours", ours), ("plain", plain)):
        assert re.match(rf"{side} +[\d.]+ s +[\d,]+ rows a second ", text), text
    assert "findings, error 0.0, findings, warning 0.0" in ours
