"""Quality coefficients and corrected workload against arithmetic in fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaltools import wording
from evaltools.workload import corrected_counts, corrected_workload, quality_coefficients

PLACE = {"period": "2024", "area": "01"}


def points(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["unit", "section", "line", "points", "full"])
    return frame.assign(**PLACE)


SCORED = points(
    ("01", "records", "a", 3, 4),
    ("01", "records", "b", 5, 6),
    ("01", "chronic", "c", math.nan, 10),
    ("01", "bonus", "x", 2, 2),
    ("01", "penalties", "y", -3, 0),
    ("02", "records", "a", 0, 4),
    ("02", "records", "b", math.nan, 6),
    ("02", "chronic", "c", 0, 0),
)


def test_coefficients_are_points_over_full_points() -> None:
    found = quality_coefficients(SCORED).set_index(["unit", "section"])
    assert found.loc[("01", "records"), "quality"] == pytest.approx(float(Fraction(8, 10)))
    # a line that is left out is in neither sum
    assert found.loc[("02", "records"), ["points", "full", "quality"]].tolist() == [0, 4, 0]
    assert not {"bonus", "penalties"} & set(found.index.get_level_values("section"))
    assert list(quality_coefficients(SCORED, by="all")["quality"]) == pytest.approx([8 / 10, 0])
    lines = quality_coefficients(SCORED, by="line").set_index(["unit", "line"])
    assert lines.loc[("01", "b"), "quality"] == pytest.approx(5 / 6)
    with pytest.raises(ValueError, match="by is one of"):
        quality_coefficients(SCORED, by="unit")


def test_without_points_or_full_points_there_is_a_reason_and_no_zero() -> None:
    found = quality_coefficients(SCORED).set_index(["unit", "section"])
    for place, said in ((("01", "chronic"), "no line was scored"), (("02", "chronic"), "full points are zero")):
        assert math.isnan(found.loc[place, "quality"])
        assert said in found.loc[place, "reason"]
    assert (found["reason"] == "").equals(found["quality"].notna())
    assert not wording.untranslated(found["reason"])


def test_workload_times_quality() -> None:
    rows = [("01", "records", 500.0), ("01", "chronic", 80.0), ("02", "records", 300.0), ("03", "records", 10.0)]
    work = pd.DataFrame([*rows, ("01", "records", math.nan)], columns=["unit", "section", "workload"]).assign(**PLACE)
    found = corrected_workload(work, quality_coefficients(SCORED))
    assert found["corrected_workload"].tolist()[:1] == pytest.approx([400])
    assert found["corrected_workload"].tolist()[2] == 0
    assert found["corrected_workload"].isna().tolist() == [False, True, False, True, True]
    assert ["no line was scored" in found["reason"][1], "no quality" in found["reason"][3]] == [True, True]
    assert found["reason"][4] == "no workload was reported"
    assert found["reason"][0] == found["reason"][2] == ""
    assert not wording.untranslated(found["reason"])


def test_workload_that_cannot_be() -> None:
    work = pd.DataFrame([("01", "records", -1.0)], columns=["unit", "section", "workload"]).assign(**PLACE)
    quality = quality_coefficients(SCORED)
    with pytest.raises(ValueError, match="zero or more"):
        corrected_workload(work, quality)
    with pytest.raises(ValueError, match="more than one"):
        corrected_workload(work.assign(workload=1.0), pd.concat([quality, quality]))


@given(st.integers(0, 10**6), st.integers(1, 60), st.data())
def test_reported_times_both_shares(reported: int, sampled: int, data: st.DataObject) -> None:
    genuine = data.draw(st.integers(1, sampled))
    conforming = data.draw(st.integers(0, genuine))
    drawn = pd.DataFrame({"sampled": [sampled], "genuine": [genuine], "conforming": [conforming]})
    (found,) = corrected_counts(drawn, pd.Series([reported])).itertuples()
    wanted = reported * Fraction(genuine, sampled) * Fraction(conforming, genuine)
    assert found.corrected == pytest.approx(float(wanted))
    assert found.genuine_share * found.conforming_share * reported == pytest.approx(float(wanted))
    only = corrected_counts(drawn[["sampled", "genuine"]], pd.Series([reported]))
    assert only["corrected"][0] == pytest.approx(float(Fraction(reported * genuine, sampled)))
    assert only["conforming_share"][0] == 1


def test_counts_without_a_check() -> None:
    drawn = pd.DataFrame({"sampled": [0, 10, 10, 10], "genuine": [0, 9, 0, 8], "conforming": [0, 9, 0, math.nan]})
    found = corrected_counts(drawn, pd.Series([100, math.nan, 100, 100]))
    assert found["corrected"].isna().tolist() == [True, True, False, False]
    assert found["corrected"].tolist()[2:] == [0, 80]
    assert found["reason"].tolist() == [
        "not corrected: no record was checked",
        "not corrected: nothing was reported",
        "no genuine record whose conformity could be told",
        "",
    ]
    assert not wording.untranslated(found["reason"])
    for sampled, genuine, conforming, reported in [(5, 6, 1, 9), (5, 4, 5, 9), (5, 4, -1, 9), (5, 4, 3, -9)]:
        wrong = pd.DataFrame({"sampled": [sampled], "genuine": [genuine], "conforming": [conforming]})
        with pytest.raises(ValueError, match="must hold"):
            corrected_counts(wrong, pd.Series([reported]))
    with pytest.raises(ValueError, match="index"):
        corrected_counts(drawn, pd.Series([1.0]))
