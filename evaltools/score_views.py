"""What readers see as tables of scores: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools.datasets import Data
from evaltools.standards import Standard
from evaltools.views import names_of, newest
from evaltools.wording import word


def score_lines(
    points: pd.DataFrame, standard: Standard, data: Data, area: str, period: str, lang: str
) -> pd.DataFrame:
    """Return the points of every line with its names: what is measured, reached, aimed at, and the arithmetic.

    full_at: the value that earns all points (`target` of `ev.score`). It is the standard's and need not be the
    indicator's target of the period.
    """
    rows = points[(points["area"] == area) & (points["unit"] == "") & (points["period"] == period)]
    sections = {s.id: getattr(s, f"name_{lang}") for s in standard.sections}
    lines = {line.id: line for _, line in standard.lines}
    catalogue = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
    known = names_of(data, lang)
    pairs = list(zip(rows["line"], rows["indicator"], strict=True))
    return (
        rows.assign(
            section_name=rows["section"].map(sections),
            name=[getattr(lines[line], f"name_{lang}") or known.get(name, name) for line, name in pairs],
            per=rows["indicator"].map(catalogue["per"]).astype(float).fillna(1).astype(int),
            kind=rows["indicator"].map(catalogue["kind"]).fillna(""),
            direction=[lines[line].direction or catalogue["direction"].get(name, "") for line, name in pairs],
        )
        .rename(columns={"target": "full_at"})
        .drop(columns=["period", "area", "unit"])
        .reset_index(drop=True)
    )


def score_sections(league: pd.DataFrame, standard: Standard, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return points, rank and change of every section and of the total, the total last."""
    rows = league[(league["area"] == area) & (league["unit"] == "") & (league["period"] == period)]
    names = {s.id: getattr(s, f"name_{lang}") for s in standard.sections} | {"": word("report.total", lang)}
    return rows.assign(part=rows["section"].map(names), is_total=rows["section"] == "").drop(
        columns=["period", "area", "unit"]
    )


def grade_name(standard: Standard, grade: str, lang: str) -> str:
    """Return a grade's name in a language, "" for none."""
    return next((str(getattr(g, f"name_{lang}")) for g in standard.grades if g.id == grade), "")


def without_data(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines that lost points because there is no value."""
    return lines[lines["value"].isna() & (lines["lost"] > 0)]


def units_behind(
    data: Data, ind: pd.DataFrame, lines: pd.DataFrame, area: str, period: str, lang: str, most: int = 3
) -> pd.DataFrame:
    """Return, for the lines that cost most, the units with the largest shortfall, largest first.

    Only proportions that have a value and should be high; `short` is how many more people served would have earned
    the unit the line's full points.
    """
    costly = lines[(lines["lost"] > 0) & lines["full_at"].notna() & lines["value"].notna()]
    costly = costly[(costly["kind"] == "proportion") & (costly["direction"] == "up")]
    costly = costly.sort_values("lost", ascending=False, kind="stable").head(most)
    rows = newest(ind[(ind["area"] == area) & (ind["unit"] != "") & (ind["period"] == period)])
    rows = rows.merge(costly[["indicator", "name", "full_at", "per", "kind", "lost"]], on="indicator")
    short = np.ceil(rows["full_at"] / rows["per"] * rows["denominator"] - rows["numerator"] - 1e-9)
    names = data.units.set_index(["area", "unit"])[f"name_{lang}"]
    result = rows.assign(
        short=short.clip(lower=0),
        unit_name=[names.get((a, u), u) or u for a, u in zip(rows["area"], rows["unit"], strict=True)],
    )
    result = result[result["short"] > 0].sort_values(
        ["lost", "indicator", "short"], ascending=[False, True, False], kind="stable"
    )
    kept = ["indicator", "name", "unit", "unit_name", "numerator", "denominator", "value", "full_at", "short"]
    return result.groupby("indicator", sort=False).head(most)[[*kept, "per", "kind"]].reset_index(drop=True)


def lost_lines(lines: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the lines that lost points, those without data marked: input of `points_lost`."""
    rows = lines[lines["lost"] > 0]
    marked = [word("report.no_data_label", lang, name=name) for name in rows["name"]]
    label = rows["name"].where(rows["value"].notna(), pd.Series(marked, index=rows.index, dtype="str"))
    return pd.DataFrame({"label": label, "lost": rows["lost"], "points": rows["full"]})
