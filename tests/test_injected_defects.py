"""Defects at random cells of a clean random region are found, at the right cell; the clean region has no error.

`python -m pytest -n 0 -s tests/test_injected_defects.py` prints precision and recall by kind of defect.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from builders import dataset
from injected import DEFECTS, Region, region, tables

import evaltools as ev

SEEDS = range(3)
META = {"region": "110100", "origins": ["annual", "monthly"]}


def checked(folder: Path, made: Region) -> pd.DataFrame:
    return ev.check(ev.load(str(dataset(folder, META, **tables(made)))))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_clean_region_has_neither_error_nor_warning(tmp_path: Path, seed: int) -> None:
    found = checked(tmp_path, region(seed, defects=False))
    serious = found[found["level"] != "note"]
    assert serious.empty, serious[["rule", "where", "sentence_en"]].to_string()
    assert len(found) < 25, "a question a county at most"


@pytest.fixture(scope="module")
def sabotaged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Region, pd.DataFrame]]:
    regions = [region(seed, defects=True) for seed in SEEDS]
    return [(made, checked(tmp_path_factory.mktemp("region"), made)) for made in regions]


@pytest.mark.parametrize("defect", [defect.__name__ for defect in DEFECTS])
def test_every_defect_is_found_at_its_cell(sabotaged: list[tuple[Region, pd.DataFrame]], defect: str) -> None:
    for made, found in sabotaged:
        code, rules, where = made.done[defect]
        there = found[(found["area"] == code) & found["rule"].isin(rules) & (found["level"] != "note")]
        assert there["where"].str.split("; ").map(lambda cells, where=where: where in cells).any(), (
            defect,
            where,
            found.loc[found["area"] == code, ["rule", "where"]].to_string(),
        )


def test_precision_and_recall(sabotaged: list[tuple[Region, pd.DataFrame]]) -> None:
    """Of errors and warnings, all are about a county with a defect, and name its cell or what it made wrong."""
    rows = []
    for defect in (defect.__name__ for defect in DEFECTS):
        caught = findings = 0
        for made, found in sabotaged:
            code, rules, _ = made.done[defect]
            serious = found[(found["area"] == code) & (found["level"] != "note")]
            caught += bool(serious["rule"].isin(rules).any())
            findings += len(serious)
        rows.append((defect, caught / len(sabotaged), findings / len(sabotaged)))
    serious = pd.concat([found[found["level"] != "note"] for _, found in sabotaged])
    right = sum(
        int(found.loc[found["level"] != "note", "area"].isin({code for code, _, _ in made.done.values()}).sum())
        for made, found in sabotaged
    )
    table = pd.DataFrame(rows, columns=["defect", "recall", "findings_each"])
    print(
        f"\n{table.to_string(index=False)}\nrecall {table['recall'].mean():.3f}, precision {right / len(serious):.3f}"
    )
    assert (table["recall"] == 1).all()
    assert right == len(serious), "an error or a warning about a county without a defect"
    assert table["findings_each"].max() <= 12, "one defect must not bury the evaluator"


def test_what_comes_first_is_an_error(sabotaged: list[tuple[Region, pd.DataFrame]]) -> None:
    for _, found in sabotaged:
        order = found["level"].map({"error": 0, "warning": 1, "note": 2})
        assert order.is_monotonic_increasing
