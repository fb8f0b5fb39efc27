"""Claims of change and of attainment, and the targets they speak of."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from evaltools import periods
from evaltools.aggregation import named
from evaltools.catalogue import OF_UNITS
from evaltools.claim_table import KEY, bears, figures_sent
from evaltools.claim_words import figure, in_points, moved, said
from evaltools.datasets import Data
from evaltools.fact_cells import Counted
from evaltools.findings import Findings, Indicators, number
from evaltools.rule_model import SIGNS
from evaltools.tables import each_row

_TOPIC = "quality_claims"
_DUST = 1e-9
_PART = re.compile(r"1\s*[-—–－~～至到]\s*(?:[2-9]|1[01])\s*月|上半年|前三季度")
_COMPARED = re.compile(r"全年.*(?:较|比|同比|增长|提高|下降)|(?:较|比|同比).*全年")


def _place(row: Any) -> tuple[tuple[str, str, str], tuple[str, str], str]:
    return (row.period, row.area, row.unit), ("indicator", row.indicator), row.where


def changes(found: Findings, table: pd.DataFrame) -> None:
    """Find changes that the data do not bear out, and percentage points written as percent."""
    claimed = table[table["measure"].isin(["change_pp", "change_percent"]) & table["reported"].notna()]
    in_points = claimed["measure"] == "change_pp"
    right = claimed["change_pp"].where(in_points, claimed["change_percent"])
    other = claimed["change_percent"].where(in_points, claimed["change_pp"])
    mistaken = other.notna() & ((claimed["reported"] - other).abs() <= claimed["half"] + _DUST)
    for row in each_row(claimed[right.notna() & ~bears(claimed, right)]):
        points = bool(mistaken[row.Index])
        found.find(
            "claim_points" if points else "claim_change",
            "error",
            *_place(row),
            evidence=f"{number(row.change_pp, 2)} / {number(row.change_percent, 2)}%",
            likely="percentage points written as percent" if points else "",
            said=said(row),
            points=number(row.change_pp, 2),
            relative=number(row.change_percent, 2),
        )


def without_data(found: Findings, table: pd.DataFrame, now: pd.DataFrame) -> None:
    """Judge a rate said to have risen by X % by where it must have begun: relatively, or if points were meant.

    Both readings are computed. The relative one is possible only if a beginning printed with as many decimals as the
    level gives the X that is printed; the other if the beginning is no less than zero.
    """
    rows = table[(table["measure"] == "change_percent") & table["reported"].notna() & table["change_percent"].isna()]
    rows = rows[(rows["bound"] == "") & (rows["per"] > 1)].join(now, on=KEY)
    for row in each_row(rows[rows["now"].notna() & (rows["reported"] > -100)]):
        relative, points = row.now / (1 + row.reported / 100), row.now - row.reported
        can_be_relative = _has_base(row.now, int(row.now_digits), row.reported, row.half)
        can_be_points = points >= 0 and (row.kind != "proportion" or points <= row.per) and row.reported != 0
        if can_be_relative and not can_be_points:
            continue
        rule = "change_ambiguous" if can_be_relative else "change_in_points" if can_be_points else "change_impossible"
        sign, digits = SIGNS[int(row.per)], max(2, int(row.now_digits))
        texts = (number(relative, digits) + sign, number(points, digits) + sign)
        found.find(
            rule,
            "warning",
            *_place(row),
            topic=_TOPIC,
            evidence=" / ".join(texts if can_be_points else texts[:1]),
            likely="percentage points written as percent" if rule == "change_in_points" else "",
            moved=moved(row),
            asked=in_points(row),
            now=number(row.now, int(row.now_digits)) + sign,
            relative=texts[0],
            points=texts[1],
        )


def levels(table: pd.DataFrame) -> pd.DataFrame:
    """Return the level of each indicator, place and period with claims, and its decimals: claimed, else of the data."""
    claimed = table[(table["measure"] == "level") & table["reported"].notna() & (table["bound"] == "")]
    data = table[table["value"].notna()].drop_duplicates(KEY).assign(now_digits=2)
    both = pd.concat(
        [
            claimed.assign(now=claimed["reported"], now_digits=claimed["digits"]),
            data.assign(now=data["value"].round(2)),
        ]
    )
    return both.drop_duplicates(KEY).set_index(KEY)[["now", "now_digits"]]


def _has_base(now: float, digits: int, change: float, half: float) -> bool:
    """Whether there is a figure of so many decimals from which `now` is `change` % more, to the digits that shows."""
    base = now / (1 + change / 100)
    scale = 10**digits
    near = (math.floor(base * scale) / scale, math.ceil(base * scale) / scale)
    return any(first > 0 and abs((now / first - 1) * 100 - change) <= half + _DUST for first in near)


def part_of_year(found: Findings, table: pd.DataFrame, now: pd.DataFrame, ind: Indicators) -> None:
    """Find a change for which part of a year was set beside a whole one (1—11月 beside the year before).

    By arithmetic where the claimed change is that of the two figures; by its words where they say so.
    """
    rows = table[table["measure"].isin(["change_pp", "change_percent"]) & table["reported"].notna()]
    rows = rows[rows["period"] != periods.UNKNOWN]
    lengths = pd.Series([periods.parse(period).length for period in rows["period"]], index=rows.index, dtype=int)
    partial = rows[lengths < 12]
    years = {period: f"{periods.parse(period).year - 1:04d}" for period in partial["period"].unique()}
    asked = partial.assign(year=partial["period"].map(years)).join(now["now"], on=KEY)
    known = ind("year").sort_values("definition").drop_duplicates(KEY, keep="last") if len(asked) else pd.DataFrame()
    told: set[int] = set()
    for row in each_row(asked):
        key = (row.year, row.area, row.unit, row.indicator)
        whole = float(now["now"].get(key, np.nan))
        if np.isnan(whole):
            same = known[(known[KEY] == list(key)).all(axis=1)]["value"]
            whole = float(same.iloc[0]) if len(same) else np.nan
        part = row.value if not np.isnan(row.value) else row.now
        change = part - whole if row.measure == "change_pp" else (part / whole - 1) * 100 if whole > 0 else np.nan
        if abs(change - row.reported) <= row.half + _DUST:
            told.add(row.Index)
            found.find(
                "part_of_year",
                "error",
                *_place(row),
                topic=_TOPIC,
                evidence=f"{figure(part, row.per)} / {figure(whole, row.per)}",
                likely="part of a year compared with a whole year",
                said=said(row),
                year=row.year,
            )
    worded = table["measure"].str.startswith("change") & table["text"].map(_words_of_part).astype(bool)
    for row in each_row(table[worded]):
        if row.Index not in told:
            found.find("part_of_year_said", "warning", *_place(row), topic=_TOPIC, evidence=row.text, likely="")


def _words_of_part(text: str) -> bool:
    return bool(_PART.search(text) and _COMPARED.search(text))


def attainments(found: Findings, table: pd.DataFrame, levels: pd.DataFrame, data: Data) -> None:
    """Find shares of a target that the figures do not give; without a target, tell the one that they imply.

    A target is a round number: one that is not (84.36 / 101.56 % = 83.06) points to a slip in one of the two.
    """
    stated = named(data.targets[(data.targets["unit"] == "") & (data.targets["kind"] == "absolute")])
    targets = stated.set_index(KEY[:2] + KEY[3:])["target"]
    rows = table[(table["measure"] == "attainment") & table["reported"].notna()].join(levels, on=KEY)
    own, every = (
        targets.reindex(pd.MultiIndex.from_arrays([rows["period"], area, rows["indicator"]])).to_numpy()
        for area in (rows["area"], pd.Series("*", index=rows.index))
    )
    now = rows["value"].where(rows["value"].notna(), rows["now"])
    target = pd.Series(np.where(np.isnan(own), every, own), index=rows.index)
    right = (now / target * 100).where(target > 0)
    for row, value, of, share in zip(each_row(rows), now, target, right.where(~bears(rows, right)), strict=True):
        if not np.isnan(share):
            found.find(
                "claim_attainment",
                "error",
                *_place(row),
                evidence=f"{figure(value, row.per)}/{number(of)} = {number(share, max(2, int(row.digits)))}%",
                likely="",
                said=said(row),
                right=number(share, max(2, int(row.digits))),
            )
        elif np.isnan(of) and value > 0 and row.reported > 0 and row.bound == "":
            _implied_target(found, row, value)


def _implied_target(found: Findings, row: Any, now: float) -> None:
    half = 0.5 * 10.0**-row.now_digits
    low, high = ((now + sign * half) / (row.reported - sign * row.half) * 100 for sign in (-1, 1))
    step = 0.5 if row.per > 1 else 1.0
    round_ = math.floor(high / step + _DUST) * step
    is_round = round_ >= low - _DUST
    sign = SIGNS[int(row.per)]
    value, share = number(now, int(row.now_digits)), number(row.reported, int(row.digits))
    found.find(
        "attainment_implied" if is_round else "attainment_not_round",
        "note" if is_round else "warning",
        *_place(row),
        topic=_TOPIC,
        evidence=f"{value}/{share}% = {number(now / row.reported * 100, 2)}",
        likely="",
        said=said(row),
        target=number(round_ if is_round else now / row.reported * 100, None if is_round else 2) + sign,
    )


def targets_reached(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Find a place's own targets that ask for less than it already reached the year before.

    Of unknown periods, which nothing else is computed for, it is noted too that a target lies below what the same
    source reports (it may be next year's), or above it.
    """
    found = Findings(data)
    stated = named(data.targets[(data.targets["kind"] == "absolute") & data.targets["target"].notna()])
    stated = stated.reset_index(names="row")
    directions = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    timed = stated[(stated["period"] != periods.UNKNOWN) & (stated["area"] != "*")]
    for every in sorted({periods.every(period) for period in timed["period"].unique()}):
        rows = timed[timed["period"].map(periods.every) == every]
        before = rows["period"].map({period: periods.shift(period, -1) for period in rows["period"].unique()})
        values = ind(every).sort_values("definition").drop_duplicates(KEY, keep="last")
        reached = rows.assign(before=before.astype("str")).merge(
            values[[*KEY, "value"]].rename(columns={"period": "before"}), on=["before", *KEY[1:]]
        )
        for row in each_row(reached[reached["value"].notna()]):
            if _better(row.value, row.target, directions["direction"].get(row.indicator, "")):
                _target(
                    found, "target_below_reached", "warning", row, row.value, directions, f"targets.csv row {row.row}"
                )
    unknown = stated[stated["period"] == periods.UNKNOWN]
    for row in each_row(_sent_beside(unknown, data, counted)):
        direction = directions["direction"].get(row.indicator, "")
        where = f"targets.csv row {row.row}" + (f"; {row.at}" if row.at else "")
        if _better(row.value, row.target, direction):
            _target(found, "target_below_reached", "note", row, row.value, directions, where)
        elif row.value != row.target and direction in ("up", "down"):
            _target(found, "below_target", "note", row, row.value, directions, where)
    return found.frame()


def _sent_beside(targets: pd.DataFrame, data: Data, counted: Counted) -> pd.DataFrame:
    """Return targets of unknown periods with the values that claims and facts of unknown periods give."""
    claims = data.claims[(data.claims["measure"] == "level") & (data.claims["period"] == periods.UNKNOWN)]
    claims = claims.reset_index(names="claim").assign(value=lambda rows: rows["reported"])
    claims["at"] = claims["source"].where(claims["source"] != "", "claims.csv row " + claims["claim"].astype("str"))
    newest = data.catalogue[~data.catalogue["kind"].isin(OF_UNITS)].drop_duplicates("indicator", keep="last")
    newest = newest.rename(columns={"numerator": "above", "denominator": "below"})
    places = counted.facts.loc[counted.facts["period"] == periods.UNKNOWN, KEY[:3]].drop_duplicates()
    asked = places.merge(
        newest.loc[newest["indicator"].isin(targets["indicator"]), ["indicator", "above", "below", "per"]], how="cross"
    )
    asked = asked.assign(per=asked["per"].astype(float))
    sent = asked.assign(value=figures_sent(asked, data, counted)["value"], at="")
    both = pd.concat([claims[[*KEY, "value", "at"]], sent[[*KEY, "value", "at"]]])
    both = both[both["value"].notna()].drop_duplicates(KEY)
    columns = ["row", "area", "indicator", "target"]
    own = targets[targets["area"] != "*"].merge(both, on=KEY)
    every = targets.loc[targets["area"] == "*", columns].drop(columns="area").merge(both, on="indicator")
    return pd.concat([own, every[every["unit"] == ""]]).drop_duplicates(KEY)


def _better(value: float, target: float, direction: str) -> bool:
    return value > target if direction == "up" else value < target if direction == "down" else False


def _target(
    found: Findings, rule: str, level: str, row: Any, value: float, directions: pd.DataFrame, where: str
) -> None:
    per = int(directions["per"].get(row.indicator, 1))
    sign = SIGNS[per]
    found.find(
        rule,
        level,
        (row.period, row.area, row.unit),
        ("indicator", row.indicator),
        where,
        topic=_TOPIC,
        evidence=f"{figure(value, per)} / {number(row.target)}",
        likely="",
        target=number(row.target) + sign,
        value=figure(value, per) + sign,
    )
