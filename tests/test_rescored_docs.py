"""The pages on the table scored by hand: every figure in them is what the rule gives for the published table."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from scored import frame, line, row, standard

from evaltools import scoring
from evaltools.standards import Rounding

ROOT = Path(__file__).parents[1]
with (ROOT / "tests" / "reference" / "jishan_2021.csv").open(encoding="utf-8", newline="") as file:
    TABLE = list(csv.DictReader(file))


def rescored(case: dict[str, str]) -> tuple[Decimal, str]:
    rule = line("x", "proportional", case["points"], target=case["target"])
    made = standard([rule], rounding=Rounding(3, "half_up", "line"))
    found = scoring.score(frame(row("x", float(case["actual"]))), made).iloc[0]
    return Decimal(f"{found['points']:.3f}"), found["because"]


@pytest.mark.parametrize("name", ["rescored.md", "rescored.zh-CN.md"])
def test_every_line_is_shown_as_it_is_rescored(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    shown = [[cell.strip() for cell in part.strip("|").split("|")] for part in re.findall(r"^\|.*\|$", text, re.M)[2:]]
    assert len(shown) == len(TABLE) == 19
    differences = []
    for case, cells in zip(TABLE, shown, strict=True):
        points, because = rescored(case)
        difference = Decimal(case["awarded"]) - points
        differences.append(difference)
        sign = "−" if difference < 0 else "+" if difference else ""
        asked = [case[name] for name in ("indicator", "target", "actual", "points", "awarded")]
        assert cells == [*asked, str(points), f"{sign}{abs(difference):.3f}", because]
    agreeing, up, down = (
        sum(test(d) for d in differences) for test in (lambda d: d == 0, lambda d: d > 0, lambda d: d < 0)
    )
    assert (agreeing, up, down) == (5, 6, 8)
    for figure in ("34.8", "34.298", "62.7%", "98.6%"):
        assert figure in text
    assert sum(Decimal(case["awarded"]) for case in TABLE) == Decimal("34.8")
    assert sum(rescored(case)[0] for case in TABLE) == Decimal("34.298")
    assert round(770 / 1228 * 100, 1) == 62.7
    assert round(209 / 212 * 100, 1) == 98.6
