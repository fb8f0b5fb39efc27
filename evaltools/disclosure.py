"""Statistical disclosure control: hiding small counts of people, and what would give them away.

`suppress` is for indicator frames; `round_counts` and `is_dominated` are the same rules for plain numbers. The rules
are data: `presets()` lists them. What public pages make of them is in `audiences`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaltools import rates
from evaltools.catalogue import OF_UNITS, load_catalogue
from evaltools.disclosure_cells import SIDES, Context, Published, published
from evaltools.disclosure_frames import likely_areas, with_counts
from evaltools.disclosure_states import Mask, about_people, states
from evaltools.hidden_cells import PRIMARY, SECONDARY, UNTOLD
from evaltools.problems import ProblemList
from evaltools.rounding_rules import (
    DEFAULT,
    Preset,
    is_dominated,
    load_preset,
    presets,
    round_counts,
    rounded,
)
from evaltools.tables import each_row
from evaltools.unit_measures import base_of

if TYPE_CHECKING:
    from evaltools.datasets import Data

__all__ = ["WITHHELD", "is_dominated", "load_preset", "presets", "round_counts", "suppress"]

WITHHELD = "withheld"
"""The reason of a row whose value is not shown; `disclosure.reason_withheld` says it to readers."""

NUMBERS = ("numerator", "denominator", "value", "lower", "upper")


def suppress(ind: pd.DataFrame, preset: str | Preset | None = None, data: Data | None = None) -> pd.DataFrame:
    """Hide the small counts of people in an indicator frame, and everything that would give them away.

    ind: as `ev.indicators` gives it: all that is to be published together, areas and units, years and months. preset:
    the name of a rule (`ev.disclosure.presets()`), by default the dataset's, else `general`. data: the dataset, which
    tells what units and areas add up to and has its own catalogue; without it the national catalogue counts, all units
    of an area are its parts, and areas are parts of the one whose code theirs begin with, or whose figures are their
    sums. An indicator that no catalogue knows is taken to be about people.

    Returns the frame, same rows and order, with `suppressed`: "" for what is shown as it is, "rounded" where the rule
    rounds, "primary" where a count is small or its denominator exceeds it by as little, "secondary" where a figure
    would give away another, and "withheld" where to tell which of the two it is would give it away. In such rows
    value, lower, upper and the hidden side are NaN and `reason` is "withheld"; a side that is not hidden stays. A cell
    (period, area, unit, item) is hidden in every row it stands in. Rounded rows have value and interval of their
    rounded figures. Zeros are shown unless the rule hides them, zero deaths always. Activities, institutions, staff
    and money are never hidden.

    No hidden cell can be bounded to fewer than three values from what is left, the units and areas that add up, the
    checks of the catalogue, months and years, the rule and the column `suppressed` (`evaltools.secondary`). Where
    nothing else is left, zeros (never of deaths) and figures of a level that the rule exempts are hidden too. Raises
    InputError for an unknown preset and where it cannot be had without hiding what is not about people.

    Examples:
    >>> import evaltools as ev
    >>> ind = ev.indicators(ev.load("qof", area="P001"))
    >>> shown = ev.suppress(ind, preset="general")
    >>> shown["suppressed"].value_counts().to_dict()
    {'': 80, 'primary': 1}
    """
    rule = _rule(preset, data)
    context = _context(data, ind)
    plain = ind.reset_index(drop=True)
    known = published(with_counts(plain, context.catalogue), context)
    people, above = about_people(known.cells, context, rule)
    exempt = ~people | above
    state = states(plain, known, context, rule)
    result = _shown(plain, known, context, rule, state, exempt)
    return result.set_axis(ind.index)


def _rule(preset: str | Preset | None, data: Data | None) -> Preset:
    if isinstance(preset, Preset):
        return preset
    stated = data.meta.disclosure if data is not None else ""
    return load_preset(preset or stated or DEFAULT, data.folder if data is not None else None)


def _context(data: Data | None, ind: pd.DataFrame) -> Context:
    if data is not None:
        return Context(data.catalogue, data.items, data.checks, data.parameters, data.areas, data.units)
    from evaltools.datasets import home

    problems = ProblemList()
    national = home() / "data" / "catalogue"
    catalogue = load_catalogue(national, Path("no such folder"), problems)
    problems.raise_if_any()
    areas = likely_areas(ind)
    units = pd.DataFrame({name: pd.Series(dtype="str") for name in ("area", "unit", "parent")})
    return Context(catalogue.indicators, catalogue.items, catalogue.checks, catalogue.parameters, areas, units)


def _shown(
    ind: pd.DataFrame, known: Published, context: Context, rule: Preset, state: NDArray[np.int8], exempt: Mask
) -> pd.DataFrame:
    """Return the frame as it may be published."""
    parts = known.parts
    cell = parts["cell"].to_numpy(dtype=int)
    place = [parts["row"].to_numpy(dtype=int), parts["side"].to_numpy(dtype=int)]
    worst = np.zeros((len(ind), 2), dtype=np.int8)
    # of a row with one side that is told of and one that is not, nothing is told
    order = np.zeros(4, dtype=np.int8)
    order[[SECONDARY, PRIMARY, UNTOLD]] = 1, 2, 3
    hidden_state = order[state[cell]]
    np.maximum.at(worst, tuple(place), hidden_state)
    hidden = worst > 0
    row_state = worst.max(axis=1) if len(ind) else np.zeros(0, dtype=np.int8)
    row_state = np.maximum(row_state, _of_hidden_units(ind, context, row_state))
    figures = {name: ind[name].to_numpy(dtype=float).copy() for name in NUMBERS}
    rounds = np.zeros(len(ind), dtype=bool)
    if rule.brackets and len(parts):
        rounds = _round_figures(figures, known, rule, exempt)
        _recompute(figures, ind, context, rule, rounds)
    elif rule.normal_interval_from:
        _recompute(figures, ind, context, rule, (~exempt)[_first_cells(parts, len(ind))] if len(parts) else rounds)
    for side, name in enumerate(SIDES):
        figures[name][hidden[:, side]] = np.nan
    withheld = row_state > 0
    of_units = withheld & ~hidden.any(axis=1)
    for name in NUMBERS[2:]:
        figures[name][withheld] = np.nan
    for name in SIDES:
        figures[name][of_units | ind[name].isna().to_numpy()] = np.nan
    if rule.blank_denominator:
        figures["denominator"][worst[:, 0] >= 2] = np.nan
    codes = ["withheld", "primary", "secondary", "rounded"]
    code = np.select([row_state == 3, row_state == 2, withheld, rounds], codes, "")
    reason = ind["reason"].mask(withheld, WITHHELD) if "reason" in ind else pd.Series("", ind.index)
    return ind.assign(**figures, reason=reason, suppressed=pd.Series(code, index=ind.index, dtype="str"))


def _first_cells(parts: pd.DataFrame, rows: int) -> NDArray[np.intp]:
    """Return the first cell of each row; rows without cells take that of the first, they have no figure to change."""
    found = np.zeros(rows, dtype=np.intp)
    first = parts.drop_duplicates("row")
    found[first["row"].to_numpy(dtype=int)] = first["cell"].to_numpy(dtype=int)
    return found


def _of_hidden_units(ind: pd.DataFrame, context: Context, row_state: NDArray[np.int8]) -> NDArray[np.int8]:
    """Hide how many units reach a bar, and which does worst, where the figure of any of them is hidden."""
    found = np.zeros(len(ind), dtype=np.int8)
    above = dict(zip(context.areas["area"], context.areas["parent"], strict=True))
    kinds = {row.indicator: base_of(row) for row in each_row(context.catalogue) if row.kind in OF_UNITS}
    base = ind["indicator"].map(kinds)
    hidden = ind[(row_state > 0) & (ind["unit"] != "").to_numpy()]
    places: set[tuple[str, str, str]] = set()
    keys = hidden[["period", "area", "indicator"]].drop_duplicates().itertuples(index=False, name=None)
    for period, area, indicator in keys:
        while area:
            places.add((period, area, indicator))
            area = above.get(area, "")
    for at in np.flatnonzero(base.notna()):
        row = ind.iloc[int(at)]
        if (row["period"], row["area"], base.iloc[int(at)]) in places and pd.notna(row["value"]):
            found[at] = 1
    return found


def _round_figures(figures: dict[str, Any], known: Published, rule: Preset, exempt: Mask) -> Mask:
    """Round what is about people: a single cell itself, a sum after it is added up. Return the rows concerned."""
    parts = known.parts
    rounds = np.zeros(len(figures["value"]), dtype=bool)
    parts = parts[~exempt[parts["cell"].to_numpy(dtype=int)]]
    several = parts.duplicated(["row", "side"], keep=False)
    value = known.cells["value"].to_numpy(dtype=float)
    for side, name in enumerate(SIDES):
        own = parts[(parts["side"] == side) & ~several]
        at = own["row"].to_numpy(dtype=int)
        figures[name][at] = rounded(value[own["cell"].to_numpy(dtype=int)], rule) * own["weight"].to_numpy(dtype=float)
        sums = parts.loc[(parts["side"] == side) & several, "row"].unique().astype(int)
        figures[name][sums] = rounded(figures[name][sums], rule)
        rounds[at], rounds[sums] = True, True
    return rounds


def _recompute(figures: dict[str, Any], ind: pd.DataFrame, context: Context, rule: Preset, where: Mask) -> None:
    """Compute value and interval of some rows again from their figures."""
    about = context.catalogue.set_index(["indicator", "valid_from"])
    keys = pd.MultiIndex.from_frame(ind[["indicator", "definition"]])
    kind = about["kind"].reindex(keys).fillna("").to_numpy()
    per = about["per"].reindex(keys).astype(float).to_numpy()
    kind = np.where(kind == "", "unknown", kind)
    top, bottom, value = figures["numerator"], figures["denominator"], figures["value"]
    with np.errstate(all="ignore"):
        # of an indicator that no catalogue knows, its own figures tell the multiplier
        own = 10.0 ** np.rint(np.log10(value * ind["denominator"].to_numpy() / ind["numerator"].to_numpy()))
        per = np.where(np.isnan(per), np.where(np.isfinite(own), own, 1.0), per)
        again = np.where(np.isnan(bottom), top * per, np.where(bottom > 0, top * per / bottom, np.nan))
    where = where & ~np.isnan(value)
    if rule.brackets:
        figures["value"] = np.where(where, again, value)
        low, high = rates.wilson_limits(top, bottom)
        for name, limit in (("lower", low), ("upper", high)):
            figures[name] = np.where(where & ~np.isnan(figures[name]), limit * per, figures[name])
    counts = where & (kind == "rate")
    if counts.any():
        scale = per / np.where(bottom > 0, bottom, np.nan)
        low, high = rates.poisson_limits(top)
        if rule.normal_interval_from:
            # from the published scripts: gamma for few events, normal for many
            half = 1.959963984540054 * np.sqrt(top)
            exact, many = rates.exact_poisson_limits(top), top >= rule.normal_interval_from
            low, high = np.where(many, top - half, exact[0]), np.where(many, top + half, exact[1])
        figures["lower"] = np.where(counts, low * scale, figures["lower"])
        figures["upper"] = np.where(counts, high * scale, figures["upper"])
