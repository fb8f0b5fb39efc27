"""The claims of reports beside what can be computed for each: from its own figures, and from the data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaltools import formulas, periods
from evaltools.aggregation import named
from evaltools.catalogue import OF_UNITS
from evaltools.changes import year_on_year
from evaltools.datasets import Data
from evaltools.fact_cells import Counted
from evaltools.findings import Indicators
from evaltools.grid import evaluate
from evaltools.possible_rates import digits_of, rounded_by

KEY = ["period", "area", "unit", "indicator"]
_DATA = ["data_numerator", "data_denominator", "value", "change_pp", "change_percent"]
_DUST = 1e-9


def claim_table(data: Data, counted: Counted, ind: Indicators) -> pd.DataFrame:
    """Return the claims about indicators of the dataset, with what is known of each.

    To the columns of the claims, whose period has its shortest name, come: of the indicator per, kind, direction,
    above and below (its formulas); where (the claim's source or row); digits and half (decimals printed, and half of
    the last); numerator_half and denominator_half (0 but for a count printed in 万); own, own_low and own_high (what
    its own figures give); data_numerator, data_denominator, value, change_pp and change_percent (what the data give,
    NaN where nothing; of two definitions the newest). Periods that are unknown have what was sent, and no change.
    """
    newest = data.catalogue.sort_values("valid_from", kind="stable").drop_duplicates("indicator", keep="last")
    newest = newest.rename(columns={"numerator": "above", "denominator": "below"})
    about = newest[["indicator", "per", "kind", "direction", "above", "below"]]
    claims = named(data.claims).reset_index(names="row").merge(about, on="indicator")
    texts = list(zip(claims["reported"], claims["text"], strict=True))
    digits = [0 if np.isnan(x) else digits_of(x, text) for x, text in texts]
    rows = claims["row"].astype("str")
    claims = claims.assign(
        per=claims["per"].astype(float),
        where=claims["source"].where(claims["source"] != "", "claims.csv row " + rows),
        digits=digits,
        half=[0.5 * 10.0**-n for n in digits],
        **{f"{name}_half": _rounded(claims[name], claims["text"]) for name in ("numerator", "denominator")},
    )
    claims = _with_own(claims)
    known = pd.concat([_of_known(claims, data, ind), _of_unknown(claims, data, counted)], ignore_index=True)
    return claims.merge(known.astype(dict.fromkeys(KEY, "str")), on=KEY, how="left").set_index("row")


def _rounded(numbers: pd.Series, texts: pd.Series) -> list[float]:
    return [0.0 if np.isnan(x) else rounded_by(x, text) for x, text in zip(numbers, texts, strict=True)]


def _with_own(claims: pd.DataFrame) -> pd.DataFrame:
    """Add what numerator over denominator gives, and the least and most it can be where they are rounded."""
    stated = (claims["numerator"] >= 0) & (claims["denominator"] > 0)
    # of a change the increase over where it began
    per = claims["per"].where(claims["measure"] == "level", 100.0)
    per = per.where(stated & claims["measure"].isin(["level", "change_percent"]))
    least = (claims["numerator"] - claims["numerator_half"]) / (claims["denominator"] + claims["denominator_half"])
    most = (claims["numerator"] + claims["numerator_half"]) / (claims["denominator"] - claims["denominator_half"])
    exact = claims["numerator"] / claims["denominator"]
    return claims.assign(own=exact * per, own_low=least * per, own_high=most * per)


def _of_known(claims: pd.DataFrame, data: Data, ind: Indicators) -> pd.DataFrame:
    """Return what the data give for the claims of known periods, each at its own frequency."""
    found = [pd.DataFrame(columns=[*KEY, *_DATA]).astype(dict.fromkeys(_DATA, float))]
    timed = claims[claims["period"] != periods.UNKNOWN]
    claimed = pd.MultiIndex.from_frame(timed[KEY[1:]].drop_duplicates())
    for every in sorted({periods.every(period) for period in timed["period"].unique()}):
        rows = ind(every)
        rows = rows[pd.MultiIndex.from_frame(rows[KEY[1:]]).isin(claimed)].sort_values("definition", kind="stable")
        changes = year_on_year(rows, data.breaks)[[*KEY, "change_pp", "change_percent"]]
        levels = rows.drop_duplicates(KEY, keep="last")
        levels = levels.rename(columns={"numerator": "data_numerator", "denominator": "data_denominator"})
        found.append(levels.merge(changes.drop_duplicates(KEY, keep="last"), on=KEY, how="left")[[*KEY, *_DATA]])
    return pd.concat(found).drop_duplicates(KEY)


def _of_unknown(claims: pd.DataFrame, data: Data, counted: Counted) -> pd.DataFrame:
    """Return what was sent for the claims of unknown periods: figures of one place, never aggregated."""
    asked = claims[(claims["period"] == periods.UNKNOWN) & ~claims["kind"].isin(OF_UNITS)]
    asked = asked[[*KEY, "above", "below", "per"]].drop_duplicates(KEY)
    figures = figures_sent(asked, data, counted)
    return asked[KEY].assign(**figures, change_pp=np.nan, change_percent=np.nan)


def figures_sent(asked: pd.DataFrame, data: Data, counted: Counted) -> dict[str, pd.Series]:
    """Return data_numerator, data_denominator and value of indicators (above, below, per) in unknown periods."""
    found = {name: pd.Series(np.nan, index=asked.index) for name in _DATA[:3]}
    values = counted.as_sent(unknown=True)
    for (above, below), rows in asked.groupby(["above", "below"]):
        at = values.index.get_indexer(pd.MultiIndex.from_frame(rows[["period", "area", "unit"]]))
        for name, formula in zip(_DATA[:2], (above, below), strict=True):
            if formula and len(values.index):
                figures, _ = evaluate(formulas.parse(str(formula)), values, data.parameters)
                found[name].loc[rows.index] = np.where(at >= 0, figures[at], np.nan)
    divisor = found["data_denominator"].where(asked["below"] != "", 1.0)
    found["value"] = (found["data_numerator"] * asked["per"] / divisor).where(divisor > 0)
    return found


def bears(claims: pd.DataFrame, low: pd.Series, high: pd.Series | None = None) -> pd.Series:
    """Whether an exact value (or one between two) bears out each claim at the digits it shows.

    A claim may be a bound (“98.5%以上”), or about, which is 2 % of it either way.
    """
    high = low if high is None else high
    about = claims["bound"] == "about"
    half = claims["half"].where(~about, 0.02 * claims["reported"].abs()) + _DUST
    enough = high >= claims["reported"] - half
    little = low <= claims["reported"] + half
    return (enough | claims["bound"].isin(["<=", "<"])) & (little | claims["bound"].isin([">=", ">"]))
