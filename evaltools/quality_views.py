"""What readers see as tables of the data check: each function returns one frame, ready for `Publish.table`."""

from __future__ import annotations

import re

import pandas as pd

from evaltools import aggregation, periods
from evaltools.aggregation import active
from evaltools.datasets import Data
from evaltools.finding_kinds import KINDS, QUESTIONS, kinds_of
from evaltools.narrative import joined
from evaltools.problems import LEVELS, where_in
from evaltools.target_views import same_period
from evaltools.views import family_name
from evaltools.wording import reason, word


def findings(found: pd.DataFrame, period: str, lang: str) -> pd.DataFrame:
    """Return the findings of a period (and those of its months), errors first, with the sentence in one language.

    kind: what was checked, one of `finding_kinds.KINDS`.
    """
    rows = found[found["period"].map(lambda p: _inside(p, period)).astype(bool)]
    levels = {level: word(f"report.level_{level}", lang) for level in LEVELS}
    return pd.DataFrame(
        {
            "level": rows["level"],
            "level_name": rows["level"].map(levels),
            "rule": rows["rule"],
            "kind": kinds_of(rows),
            "period": rows["period"],
            "area": rows["area"],
            "unit": rows["unit"],
            "subject": rows["subject"],
            "sentence": rows[f"sentence_{lang}"],
            "evidence": rows["evidence"],
            "likely": [reason(text, lang) for text in rows["likely"]],
            "where": [where_in(text, lang) for text in rows["where"]],
            "places": [where_in(_each_file_once(text), lang) for text in rows["where"]],
        }
    ).reset_index(drop=True)


def _each_file_once(where: str) -> str:
    """Return places without what repeats: `a.csv row 3; a.csv row 4` is `a.csv row 3; row 4`."""
    parts, before = [], ""
    for part in where.split("; "):
        match = re.match(r"(.+!|.+?(?= row ))", part)
        file = match[0] if match else ""
        parts.append(part[len(file) :] if file and file == before else part)
        before = file
    return ";".join(part if part.startswith(" ") or not at else f" {part}" for at, part in enumerate(parts))


def kinds(shown: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return what is checked, one row a kind, and how many findings of each level there are. From `findings`."""
    counts = shown.groupby(["kind", "level"]).size().unstack("level").reindex(index=KINDS, columns=LEVELS)
    counts = counts.fillna(0).astype(int)
    names = [word(f"quality.kind_{kind}", lang) for kind in KINDS]
    checked = [word(f"quality.checked_{kind}", lang) for kind in KINDS]
    table = pd.DataFrame({"kind": list(KINDS), "kind_name": names, "checked": checked})
    return table.assign(**{f"{level}s": counts[level].to_numpy() for level in LEVELS})


def problems(shown: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return the findings that are no questions, those of one kind together, the kind of the worst first."""
    return _together(shown[shown["kind"] != QUESTIONS], lang)


def questions(shown: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Return what those who sent the data are asked to explain: signs, which may have a good reason."""
    return _together(shown[shown["kind"] == QUESTIONS], lang)


def _together(rows: pd.DataFrame, lang: str) -> pd.DataFrame:
    order = rows["level"].map({level: at for at, level in enumerate(LEVELS)})
    worst = order.groupby(rows["kind"]).transform("min")
    rows = rows.assign(kind_name=[word(f"quality.kind_{kind}", lang) for kind in rows["kind"]])
    keys = pd.DataFrame({"worst": worst, "kind": rows["kind"].map(KINDS.index), "level": order})
    return rows.loc[keys.sort_values(["worst", "kind", "level"], kind="stable").index].reset_index(drop=True)


def _inside(period: str, outer: str) -> bool:
    return period == "" or (period not in ("*", periods.UNKNOWN) and periods.contains(outer, period))


def by_level(found: pd.DataFrame) -> dict[str, int]:
    """Return the number of findings of each level."""
    counts = found["level"].value_counts()
    return {level: int(counts.get(level, 0)) for level in LEVELS}


def completeness(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return how many of the items that any unit of the area reported in a period each active unit reported.

    No rows where no unit reported anything for the period: then the area itself reports it.
    """
    given = _given(data, area, period)
    units = data.units[data.units["area"] == area]
    expected = given["item"].nunique()
    units = units[active(units, period) & bool(expected)]
    reported = given.groupby("unit")["item"].nunique()
    count = units["unit"].map(reported).fillna(0).astype(int)
    return (
        pd.DataFrame(
            {
                "unit": units["unit"],
                "unit_name": units[f"name_{lang}"].where(units[f"name_{lang}"] != "", units["name_zh"]),
                "items_reported": count,
                "items_expected": expected,
                "share": count / max(expected, 1) * 100,
            }
        )
        .sort_values(["share", "unit"], kind="stable")
        .reset_index(drop=True)
    )


def _given(data: Data, area: str, period: str) -> pd.DataFrame:
    """Return what the units of an area gave for a period; to say that an item does not apply is to give it."""
    facts = aggregation.trusted(data.facts, data.meta.origins)
    facts = facts[(facts["area"] == area) & (facts["unit"] != "")]
    facts = facts[same_period(facts["period"], period)]
    return facts[facts["value"].notna() | (facts["state"] == "not_applicable")]


def by_family(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return by family of items how many numbers the active units of an area gave, of those that any unit gave.

    lacking: the units that gave some but not all of them; who sent nothing at all is named elsewhere.
    """
    given = _given(data, area, period)
    units = data.units[(data.units["area"] == area) & active(data.units, period)]
    family = data.items.set_index("item")["family"]
    items = {name: list(dict.fromkeys(rows)) for name, rows in given["item"].groupby(given["item"].map(family))}
    pairs = set(zip(given["unit"], given["item"], strict=True))
    sent = {unit for unit, _ in pairs}
    names = units[f"name_{lang}"].where(units[f"name_{lang}"] != "", units["name_zh"])
    rows = []
    for name, asked in items.items():
        lacking = {unit: [item for item in asked if (unit, item) not in pairs] for unit in units["unit"]}
        missing = sum(map(len, lacking.values()))
        some = [place for unit, place in zip(units["unit"], names, strict=True) if lacking[unit] and unit in sent]
        rows.append(
            {
                "family": name,
                "family_name": family_name(str(name), lang),
                "items_reported": len(units) * len(asked) - missing,
                "items_expected": len(units) * len(asked),
                "share": 100 - missing / (len(units) * len(asked)) * 100,
                "lacking": joined(some, lang) if some else "",
            }
        )
    columns = ["family", "family_name", "items_reported", "items_expected", "share", "lacking"]
    return pd.DataFrame(rows, columns=columns).sort_values("share", kind="stable").reset_index(drop=True)


def adjusted(data: Data, area: str, period: str, lang: str) -> pd.DataFrame:
    """Return the adjustments of a period: what verification, appeals and corrections changed."""
    rows = data.adjustments[data.adjustments["area"] == area]
    rows = rows[same_period(rows["period"], period)]
    items = data.items.set_index("item")[f"name_{lang}"]
    units = dict(zip(data.units["unit"], data.units[f"name_{lang}"], strict=True))
    stages = [word(f"report.adjusted_{stage}", lang) for stage in rows["stage"]]
    table = rows.assign(
        item_name=rows["item"].map(items),
        adjustment_reason=rows["reason"],
        unit_name=rows["unit"].map(units).fillna(data.area_name(area, lang)),
        stage_name=pd.Series(stages, index=rows.index, dtype="str"),
    )
    kept = ["unit", "unit_name", "item", "item_name", "from", "to", "stage", "stage_name"]
    return table[[*kept, "adjustment_reason", "evidence", "date"]].reset_index(drop=True)
