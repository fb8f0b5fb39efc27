"""What the public may see: figures after disclosure control, findings and adjustments without raw counts of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from evaltools import formulas
from evaltools.disclosure import NUMBERS, WITHHELD, suppress
from evaltools.disclosure_cells import protected_items
from evaltools.measures import indicators
from evaltools.rounding_rules import DEFAULT, Preset, is_small, load_preset
from evaltools.tables import each_row
from evaltools.wording import word

if TYPE_CHECKING:
    from evaltools.datasets import Data

KEY = ["period", "area", "unit", "indicator", "definition"]

WITHOUT_COUNTS = ("silent_unit", "outside_lifetime", "not_sent")
"""Findings that say nothing about any count."""

_COUNTS = {"numerator": "numerator", "previous_numerator": "numerator", "denominator": "denominator"}


def preset_of(data: Data) -> Preset:
    """Return the disclosure preset of a dataset: the one it names, else the general one; raises InputError."""
    return load_preset(data.meta.disclosure or DEFAULT, data.folder)


def public_figures(data: Data, every: str) -> pd.DataFrame:
    """Return every figure of a dataset that may be published: its areas, at one frequency, in all its periods.

    All are suppressed together, so that what one page shows does not give away what another withholds. Institutions
    are left out, and months beside years: their counts of people are small, and many more would have to be hidden
    for their sake.
    Columns as `ev.suppress`; rows without any number are left out.
    """
    figures = indicators(data, every, units=False)
    given = figures[figures[list(NUMBERS)].notna().any(axis=1)].reset_index(drop=True)
    return suppress(given, preset_of(data), data)


def shown_to_public(ind: pd.DataFrame, public: pd.DataFrame) -> pd.DataFrame:
    """Return indicator rows with the numbers of `public_figures`, and its column `suppressed`.

    A row that has a number and is not among them shows none.
    """
    found = ind[KEY].merge(public[[*KEY, *NUMBERS, "reason", "suppressed"]], on=KEY, how="left")
    found = found.set_axis(ind.index)
    had = ind[list(NUMBERS)].notna().any(axis=1)
    known = found["suppressed"].notna()
    return ind.assign(
        **{name: found[name] for name in NUMBERS},
        reason=ind["reason"].mask(had & ~known, WITHHELD).mask(known, found["reason"]).astype("str"),
        # which cells are small and which only guard them would tell more than a reader may know
        suppressed=found["suppressed"]
        .fillna("")
        .mask(found["suppressed"].isin(["primary", "secondary"]) | (had & ~known), WITHHELD)
        .astype("str"),
    )


def public_findings(found: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Return findings as the public may read them: of those about people that something is amiss, but no number.

    A finding stays as it is where it names an item or indicator that is not about people, and where it is of a kind
    that quotes no count (`WITHOUT_COUNTS`). The others keep level, place and subject.
    """
    open_subjects = _open_subjects(data)
    checks = {
        row.check: formulas.items(formulas.parse_relation(row.expression).left)
        | formulas.items(formulas.parse_relation(row.expression).right)
        for row in each_row(data.checks)
    }
    open_checks = {name for name, used in checks.items() if used <= open_subjects}
    plain = found["subject"].isin(open_subjects) & (~found["rule"].isin(checks) | found["rule"].isin(open_checks))
    kept = plain | found["rule"].isin(WITHOUT_COUNTS)
    result = found.copy()
    for name in ("evidence", "likely"):
        result[name] = result[name].where(kept, "")

    for lang in ("zh", "en"):
        names = _names(data, lang)
        texts = [
            word("disclosure.finding_of", lang, name=names[subject])
            if subject in names
            else word("disclosure.finding", lang)
            for subject in found["subject"]
        ]
        result[f"sentence_{lang}"] = found[f"sentence_{lang}"].where(kept, pd.Series(texts, found.index, dtype="str"))
    return result


def public_adjustments(changed: pd.DataFrame, data: Data, lang: str) -> pd.DataFrame:
    """Return adjustments without the values, reason and evidence of those of items about people."""
    hidden = ~changed["item"].isin(_open_subjects(data))
    withheld = word("disclosure.reason_withheld", lang)
    return changed.assign(
        **{name: changed[name].mask(hidden) for name in ("from", "to")},
        **{name: changed[name].mask(hidden, withheld) for name in ("adjustment_reason", "evidence")},
    )


def notice(data: Data, lang: str) -> str:
    """Say that a page is for the public, which rule applied, and what that means for its figures."""
    rule = preset_of(data)
    names = {"preset": getattr(rule, f"name_{lang}"), "rule": getattr(rule, f"rule_{lang}")}
    texts = [word("disclosure.note", lang, **names)]
    if data.standard is not None:
        texts.append(word("disclosure.note_score", lang))
    return ("" if lang == "zh" else " ").join(texts)


def refuse_small(frame: pd.DataFrame, data: Data) -> None:
    """Raise ValueError where a table still holds a small count of people: the last look before it is published.

    Seen are the columns numerator, previous_numerator and denominator of tables with a column `indicator`, and `from`
    and `to` of those with a column `item`; what a table does not say the gate cannot tell.
    """
    rule = preset_of(data)
    about = protected_items(data.items)
    exempt = set(data.areas.loc[data.areas["level"].isin(rule.exempt_levels), "area"])
    for column, items in _columns(frame, data):
        value = frame[column].to_numpy(dtype=float)
        for sensitive in (False, True):
            of = {item for item, is_sensitive in about.items() if is_sensitive == sensitive}
            small = is_small(value, rule.hide_sensitive if sensitive else rule.hide) & items.isin(of).to_numpy()
            kept = items.map(rule.keeps_zero).to_numpy(dtype=bool) & (value == 0)
            if "area" in frame:
                kept = kept | frame["area"].isin(exempt).to_numpy()
            if (small & ~kept).any():
                item = items[small & ~kept].iloc[0]
                raise ValueError(f"column {column!r} shows a small count of {item}: publish figures after suppression")


def _columns(frame: pd.DataFrame, data: Data) -> list[tuple[str, pd.Series]]:
    """Return the columns of counts a table has, each with the item of every row, "" where it is no plain count."""
    found = []
    if "indicator" in frame:
        newest = data.catalogue.drop_duplicates("indicator", keep="last").set_index("indicator")
        for column, side in _COUNTS.items():
            if column in frame:
                found.append((column, frame["indicator"].map(newest[side]).fillna("").astype("str")))
    if "item" in frame:
        found += [(column, frame["item"].astype("str")) for column in ("from", "to", "value") if column in frame]
    return found


def _open_subjects(data: Data) -> set[str]:
    """Return the items that are not about people, and the indicators made of nothing else."""
    about = protected_items(data.items)
    plain = set(data.items["item"]) - set(about)
    names: dict[str, bool] = {}
    for row in each_row(data.catalogue):
        try:
            texts = [text for text in (row.numerator, row.denominator) if text]
            used = set().union(*(formulas.items(formulas.parse(text)) for text in texts))
        except formulas.FormulaError:
            used = {""}  # of units; what they are judged by may be about people
        names[row.indicator] = names.get(row.indicator, True) and used <= plain
    return plain | {name for name, is_open in names.items() if is_open and name not in about}


def _names(data: Data, lang: str) -> dict[str, str]:
    names = dict(zip(data.items["item"], data.items[f"name_{lang}"], strict=True))
    return names | dict(zip(data.catalogue["indicator"], data.catalogue[f"name_{lang}"], strict=True))
