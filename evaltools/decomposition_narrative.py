"""Tables and sentences about why a rate changed, in the reader's language.

Every number of a sentence stands in its table: those of `units` in `unit_table`, of `areas` in `kind_table`, of `parts`
in a table of changes with the two effects.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evaltools import formulas, periods, views, wording
from evaltools.datasets import Data
from evaltools.decomposition import Decomposition, says
from evaltools.narrative import paragraph, sentence
from evaltools.reasons import ZERO_DENOMINATOR
from evaltools.wording import counted, topic, word

FORMATS = {
    "previous_numerator": "quantity",
    "previous_denominator": "quantity",
    "previous_denominator_share": "percent:1",
    "denominator_share": "percent:1",
    "other_numerator": "quantity",
    "other_denominator": "quantity",
    "other_value": "value",
    "other_denominator_share": "percent:1",
    "rate_effect": "change_pp",
    "mix_effect": "change_pp",
    "total_effect": "change_pp",
    "share_of_change": "percent:1",
}
"""Formats of the columns that only these tables have; the others are those of `views.FORMATS`."""

_EFFECTS = ["rate_effect", "mix_effect", "total_effect", "share_of_change", "reason"]

UNIT_COLUMNS = ["unit_name", "previous_value", "value", *_EFFECTS]
"""Columns of `unit_table` that a page shows; the file has all of them."""

KIND_COLUMNS = ["unit_kind", "other_value", "value", *_EFFECTS]
"""Columns of `kind_table` that a page shows."""

PART_COLUMNS = ["name", "previous_value", "value", "change_pp", "numerator_effect", "denominator_effect"]
"""Columns of a table of changes that show what numerator and denominator did."""


def columns(names: Iterable[str], lang: str) -> dict[str, tuple[str, str]]:
    """Return the columns to show as `Publish.table` wants them: column -> (header, format)."""
    own = topic("decomposition")
    shown = {}
    for name in names:
        if f"column_{name}" in own:
            shown[name] = (word(f"decomposition.column_{name}", lang), FORMATS.get(name, "text"))
        else:
            shown |= views.columns([name], lang)
    return shown


# --- tables --------------------------------------------------------------------------------------------------------


def unit_table(found: Decomposition, data: Data, lang: str) -> pd.DataFrame:
    """Return what each unit did to the change of an area's indicator (`contributions.unit_contributions`).

    One row a unit, the largest total effect first, then one of the whole area (`is_total`, unit ""). Columns indicator,
    definition, area, unit, unit_name, period, previous_period, previous_numerator, previous_denominator,
    previous_value, previous_denominator_share, numerator, denominator, value, denominator_share, rate_effect,
    mix_effect, total_effect, share_of_change, reason, per, kind, is_total. Shares are in percent; share_of_change is
    the total effect over the whole change, negative where a unit worked against it, NaN where that rounds to zero.
    """
    names = data.units[data.units["area"] == found.area].set_index("unit")[f"name_{lang}"]
    table = _table(found, data, lang)
    labels = [names.get(unit, "") or unit for unit in table["unit"]]
    table.insert(4, "unit_name", [*labels[:-1], word("decomposition.whole_area", lang)])
    return table


def kind_table(found: Decomposition, data: Data, lang: str) -> pd.DataFrame:
    """Return what each kind of unit does to the difference of two areas (`contributions.area_difference`).

    As `unit_table`, with kind_code and unit_kind (its name) for unit and unit_name, and the other area's columns called
    other_ instead of previous_, other_area for previous_period.
    """
    table = _table(found, data, lang).rename(columns={"unit": "kind_code", "previous_period": "other_area"})
    table = table.rename(columns=lambda name: name.replace("previous_", "other_")).assign(other_area=found.other)
    labels = [kind_name(kind, lang) for kind in table["kind_code"]]
    table.insert(4, "unit_kind", [*labels[:-1], word("decomposition.whole_area", lang)])
    return table


def kind_name(kind: str, lang: str) -> str:
    """Return the name of a kind of unit; one that only a dataset knows is shown as it is."""
    known, key = topic("decomposition"), f"kind_{kind}"
    return known[key][lang] if key in known else kind.replace("_", " ")


def _table(found: Decomposition, data: Data, lang: str) -> pd.DataFrame:
    """Return the strata by their total effects, then what they add up to."""
    rows = found.strata.rename(columns={"stratum": "unit"})
    rows = rows.iloc[(-rows["total_effect"].abs()).argsort(kind="stable")]
    total: dict[str, object] = {"unit": "", "reason": found.reason, "total_effect": found.change}
    total |= {"rate_effect": found.rate_effect, "mix_effect": found.mix_effect}
    for side, value in (("previous_", found.previous_value), ("", found.value)):
        known = pd.notna(value)
        total |= {f"{side}value": value, f"{side}share": 1.0 if known else np.nan}
        total |= {name: rows[name].sum() if known else np.nan for name in (f"{side}numerator", f"{side}denominator")}
    table = pd.concat([rows, pd.DataFrame([total])[rows.columns].astype(rows.dtypes)], ignore_index=True)
    shared = found.computed and not _rounds_to_zero(found.change, found.per)
    remark = says("no_share") if found.computed and not shared else ""
    table = table.assign(
        indicator=found.indicator,
        definition=found.definition,
        area=found.area,
        period=found.period,
        previous_period=found.previous_period,
        previous_denominator_share=table["previous_share"] * 100,
        denominator_share=table["share"] * 100,
        share_of_change=table["total_effect"] / found.change * 100 if shared else np.nan,
        reason=["; ".join(filter(None, [text, remark])) for text in table["reason"]],
        per=int(found.per),
        kind=_subject(found, data, lang).kind,
        is_total=[*[False] * len(rows), True],
    )
    sides = [
        f"{side}{name}"
        for side in ("previous_", "")
        for name in ("numerator", "denominator", "value", "denominator_share")
    ]
    names = ["indicator", "definition", "area", "unit", "period", "previous_period", *sides, *_EFFECTS]
    return table[[*names, "per", "kind", "is_total"]]


# --- sentences -----------------------------------------------------------------------------------------------------


def units(found: Decomposition, data: Data, lang: str, noticeable: float = 0.1) -> str:
    """Say how an area's figure changed, what its units' own rates and their mix did to it, and which unit did most.

    noticeable: a unit that worked against the change is named if it did so by at least this part of what the unit that
    did most for it did.
    """
    about = _subject(found, data, lang)
    if not found.computed:
        return word("decomposition.not_computed", lang, name=about.name, reason=wording.reason(found.reason, lang))
    values = {"name": about.name, "change": _moved(found, lang)}
    table = unit_table(found, data, lang)
    rows = table[~table["is_total"]]
    if len(rows) == 1:
        return word("decomposition.one_unit", lang, unit=rows["unit_name"].iloc[0], **values)
    effects = {name: _effect(getattr(found, f"{name}_effect"), found.per, lang) for name in ("rate", "mix")}
    of = word("decomposition.mix_of_people" if about.of_people else "decomposition.mix_of_denominators", lang)
    still = all(_rounds_to_zero(x, found.per) for x in (found.change, found.rate_effect, found.mix_effect))
    texts = [word(f"decomposition.units{'_still' if still else ''}", lang, of=of, **effects, **values)]
    texts.append(_most(rows["unit_name"], rows["total_effect"], found, lang, ("contributed", "lowered"), noticeable))
    if one_sided := int((rows["previous_value"].isna() ^ rows["value"].isna()).sum()):
        texts.append(counted("decomposition.one_sided", lang, one_sided))
    return paragraph(texts, lang)


def areas(found: Decomposition, data: Data, lang: str, noticeable: float = 0.1) -> str:
    """Say how far an area's figure is from another's, and what the kinds of their units do to that.

    noticeable: as in `units`.
    """
    about = _subject(found, data, lang)
    names = {"name": about.name, "period": wording.period(found.period, lang)}
    names |= {"area": data.area_name(found.area, lang), "other": data.area_name(found.other, lang)}
    if not found.computed:
        return word("decomposition.areas_not_computed", lang, reason=wording.reason(found.reason, lang), **names)
    per = int(found.per)
    names["value"], names["other_value"] = (
        wording.value(x, lang, per, about.kind) for x in (found.value, found.previous_value)
    )
    apart = _apart(found.change, found.per, lang)
    key = "areas_level" if _rounds_to_zero(found.change, found.per) else "areas_apart"
    texts = [word(f"decomposition.{key}", lang, apart=apart, **names)]
    kinds = pd.Series([kind_name(kind, lang).lower() for kind in found.strata["stratum"]], dtype="str")
    if len(kinds) == 1:
        return paragraph([*texts, word("decomposition.one_kind", lang, kind=kinds.iloc[0])], lang)
    if not all(_rounds_to_zero(x, found.per) for x in (found.change, found.rate_effect, found.mix_effect)):
        effects = {name: _makes(getattr(found, f"{name}_effect"), found.per, lang) for name in ("rate", "mix")}
        texts.append(word("decomposition.areas", lang, **effects))
    texts.append(_most(kinds, found.strata["total_effect"], found, lang, ("widest", "widest"), noticeable))
    return paragraph(texts, lang)


def parts(row: Any, data: Data, period: str, lang: str) -> str:
    """Say what the numerator and what the denominator did to the change of one row of a table of changes.

    row: name, indicator, definition, per, reason, numerator, denominator, previous_numerator, previous_denominator,
    change_pp, numerator_effect, denominator_effect, as of `year_on_year` with `views.described`. period: that of the
    row, which is compared with the same months of the year before.
    """
    if pd.isna(row.numerator_effect):
        # counts have no denominator; what is not compared says why
        why = says("no_denominator") if pd.notna(row.change_pp) and pd.isna(row.denominator) else row.reason
        reason = wording.reason(why or ZERO_DENOMINATOR, lang)
        return word("decomposition.parts_not_computed", lang, name=row.name, reason=reason)
    entry = _entry(data, row.indicator, row.definition)
    texts = {}
    for side in ("numerator", "denominator"):
        grown = getattr(row, side) - getattr(row, f"previous_{side}")
        way = "more" if grown > 0 else "less" if grown < 0 else "same"
        effect = _effect(getattr(row, f"{side}_effect"), row.per, lang)
        texts[side] = word(f"decomposition.{side}_{way}", lang, of=_named(str(entry[side]), data, lang), effect=effect)
    change = wording.change_points(row.change_pp, lang, int(row.per))
    moved = word("report.moved", lang, change=change, compared=wording.compared_with(period, lang))
    return word("decomposition.parts", lang, name=row.name, change=moved, **texts)


def method_notes(lang: str, *names: str) -> list[str]:
    """Say how effects are computed, of `parts`, `units` or `areas`, and that printed numbers need not add up."""
    return [
        *(word(f"decomposition.method_{name}", lang) for name in names),
        word("decomposition.method_rounding", lang),
    ]


class _Subject(NamedTuple):
    """The indicator a decomposition is about."""

    name: str
    kind: str
    of_people: bool


def _subject(found: Decomposition, data: Data, lang: str) -> _Subject:
    rows = pd.DataFrame({"indicator": [found.indicator], "definition": [found.definition]})
    about = views.described(rows, data, lang).iloc[0]
    denominator = str(_entry(data, found.indicator, found.definition)["denominator"])
    people = set(data.items.loc[data.items["people"] == "yes", "item"])
    used = formulas.items(formulas.parse(denominator)) if denominator else set()
    return _Subject(str(about["name"]), str(about["kind"]), used <= people)


def _entry(data: Data, indicator: str, definition: str) -> pd.Series:
    rows = data.catalogue
    return rows[(rows["indicator"] == indicator) & (rows["valid_from"] == definition)].iloc[0]


def _moved(found: Decomposition, lang: str) -> str:
    if found.previous_period == periods.shortest(periods.shift(found.period, -1)):
        compared = wording.compared_with(found.period, lang)
    else:
        compared = word("decomposition.compared_with", lang, period=wording.period(found.previous_period, lang))
    change = wording.change_points(found.change, lang, int(found.per))
    return word("report.moved", lang, change=change, compared=compared)


def _rounds_to_zero(x: float, per: float) -> bool:
    return not wording.rounded(x, _digits(x, per))


def _digits(x: float, per: float) -> int:
    """Return the decimals a change is printed with, those of `wording.change_points`."""
    if per == 1 and wording.rounded(x, 6) == wording.rounded(x, 0):
        return 0
    return 1 if per == 100_000 else 2


def _effect(x: float, per: float, lang: str) -> str:
    """Say what a part did over time: 使其提高1.20个百分点, 使其下降0.12个百分点."""
    if _rounds_to_zero(x, per):
        return word("decomposition.no_effect", lang)
    return word("decomposition.effect", lang, change=wording.change_points(x, lang, int(per)))


def _makes(x: float, per: float, lang: str) -> str:
    """Say what a part does to a difference of two areas: 使其高1.20个百分点, 使其低0.12个百分点."""
    if _rounds_to_zero(x, per):
        return word("decomposition.no_difference", lang)
    return word("decomposition.makes", lang, apart=_apart(x, per, lang))


def _apart(x: float, per: float, lang: str) -> str:
    return word(f"decomposition.{'higher' if x > 0 else 'lower'}", lang, x=_points(abs(x), per, lang))


def _points(x: float, per: float, lang: str, signed: bool = False) -> str:
    return word(f"decomposition.points_per_{int(per)}", lang, x=wording.number(x, _digits(x, per), lang, signed=signed))


def _most(
    labels: pd.Series, effects: pd.Series, found: Decomposition, lang: str, keys: tuple[str, str], noticeable: float
) -> str:
    """Name the part that did most to the change and the one that did most against it; "" if all round to zero.

    keys: the words for the first, where the change is up and where it is down. noticeable: as in `units`.
    """
    texts = {}
    largest = {"up": float(effects.max()), "down": -float(effects.min())}
    for way, at in (("up", int(effects.argmax())), ("down", int(effects.argmin()))):
        x = float(effects.iloc[at])
        if (x > 0) == (way == "up") and not _rounds_to_zero(x, found.per):
            texts[way] = {"part": str(labels.iloc[at]), "effect": _points(x, found.per, lang, signed=True)}
    if _rounds_to_zero(found.change, found.per):
        named = [("raised", texts.get("up")), ("lowered", texts.get("down"))]
    else:
        first, second = ("up", "down") if found.change > 0 else ("down", "up")
        opposed = first in texts and largest[second] >= noticeable * largest[first]
        named = [(keys[found.change < 0], texts.get(first)), ("against", texts.get(second) if opposed else None)]
    said = [word(f"decomposition.{key}", lang, **values) for key, values in named if values]
    if not said:
        return ""
    text = said[0] if len(said) == 1 else word("report.and", lang, first=said[0], second=said[1])
    return sentence(text[0].upper() + text[1:], lang)


def _named(formula: str, data: Data, lang: str) -> str:
    """Return in brackets what one side of a ratio counts, "" where that is more than one item."""
    terms = formulas.parse(formula)
    if len(terms) > 1 or terms[0].parameters or terms[0].coefficient != 1:
        return ""
    name = str(data.items.set_index("item")[f"name_{lang}"][terms[0].item])
    if terms[0].prior:
        name = word("decomposition.of_last_year", lang, name=name)
    return word("decomposition.of", lang, name=name)
