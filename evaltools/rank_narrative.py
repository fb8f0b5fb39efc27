"""Sentences about how firm a ranking is; every number in them stands in a table of `rank_views`."""

from __future__ import annotations

import pandas as pd

from evaltools import wording
from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.rank_composites import LEAST, Compared
from evaltools.rank_sensitivity import regional_lines
from evaltools.rank_uncertainty import SPREAD, Draws
from evaltools.rank_views import interval, why_not
from evaltools.tables import each_row
from evaltools.wording import counted, word

SURE, OPEN = 95.0, 80.0
"""From which chance, in percent, an order of neighbours is called safe, and below which it is called open."""


def summary(table: pd.DataFrame, neighbours: pd.DataFrame, period: str, lang: str) -> list[str]:
    """Say how many ranks and orders are certain. From `rank_views.rank_table` and `neighbour_table`."""
    known = table[table["rank"].notna()]
    label = wording.period(period, lang)
    if known.empty:
        return [word("ranks.nothing", lang, period=label)]
    if len(known) == 1:
        return [word("ranks.alone", lang, period=label, county=known["county"].iloc[0])]
    best = known[known["rank"] == 1]
    if len(best) > 1:
        first = word("ranks.first_shared", lang, names=joined(best["county"], lang))
    else:
        share = wording.percent(best["first"].iloc[0], lang, 1)
        first = word("ranks.first", lang, name=best["county"].iloc[0], share=share)
    texts = [word("ranks.summary", lang, n=len(known), period=label), first, _firm(known, lang)]
    ahead = neighbours["ahead"].dropna()
    if len(ahead):
        counts = {"sure": int((ahead >= SURE).sum()), "unsure": int((ahead < OPEN).sum())}
        texts.append(word("ranks.pairs", lang, n=len(ahead), **counts))
    return texts


def _firm(known: pd.DataFrame, lang: str) -> str:
    width = known["rank_upper"] - known["rank_lower"]
    firm = known[width == 0]
    if len(firm) == len(known):
        return word("ranks.firm_all", lang)
    about = _widest(known, "rank", lang)
    if firm.empty:
        return word("ranks.firm_none", lang, **about)
    return counted("ranks.firm_some", lang, len(firm), names=joined(firm["county"], lang), **about)


def _widest(known: pd.DataFrame, side: str, lang: str) -> dict[str, str]:
    row = known.iloc[int((known[f"{side}_upper"] - known[f"{side}_lower"]).to_numpy(dtype=float).argmax())]
    return {"widest": row["county"], "interval": interval(row[f"{side}_lower"], row[f"{side}_upper"], lang)}


def weights(table: pd.DataFrame, neighbours: pd.DataFrame, lang: str) -> list[str]:
    """Say what other weights would change: ranks at random weights, and the nearest swap of neighbours."""
    known = table[table["rank"].notna()]
    if len(known) < 2:
        return []
    spread = wording.percent(100 * SPREAD, lang, 0)
    moved = known[(known["weight_lower"] != known["rank"]) | (known["weight_upper"] != known["rank"])]
    if moved.empty:
        texts = [word("ranks.weights_still", lang, spread=spread)]
    else:
        texts = [counted("ranks.weights_moved", lang, len(moved), spread=spread, **_widest(moved, "weight", lang))]
    swaps = neighbours[neighbours["change"].notna()]
    if swaps.empty:
        return [*texts, word("ranks.swap_none", lang)] if neighbours["reason"].ne("").any() else texts
    row = swaps.iloc[int(swaps["change"].abs().to_numpy(dtype=float).argmin())]
    values = {
        "first": row["county"],
        "second": row["next_county"],
        "part": row["part_name"],
        "weight": wording.quantity(row["weight"], lang),
        "needed": wording.points(row["needed"], lang),
        "change": wording.signed_percent(row["change"], lang, 1),
    }
    return [*texts, word("ranks.swap_nearest", lang, **values)]


def composites(given: Compared, data: Data, lang: str, agreed: pd.DataFrame | None = None) -> list[str]:
    """Say on what the composites rest and how far they agree with the official rank.

    agreed: from `rank_views.agreement_table`, None without an official rank.
    """
    texts = []
    if given.without:
        names = joined((data.area_name(area, lang) for area in given.without), lang)
        why = joined((wording.reason(text, lang) for text in dict.fromkeys(given.without.values())), lang)
        texts.append(word("ranks.without", lang, names=names, reason=why))
    n, left = given.matrix.shape[1], len(given.dropped)
    if not n:
        return [*texts, word("ranks.no_indicators", lang, least=LEAST)]
    if left:
        texts.insert(0, counted("ranks.indicators_left", lang, n, left=left))
    else:
        texts.insert(0, counted("ranks.indicators", lang, n))
    if agreed is None:
        return texts
    known = agreed[agreed["tau"].notna()]
    if known.empty:
        return [*texts, word("ranks.agreement_not", lang, reason=why_not(agreed, lang))]
    tau = known["tau"].to_numpy(dtype=float)
    nearest, furthest = known.iloc[int(tau.argmax())], known.iloc[int(tau.argmin())]
    values = {"nearest": nearest["method_name"], "furthest": furthest["method_name"]}
    shown = {"tau": wording.number(nearest["tau"], 2, lang), "other": wording.number(furthest["tau"], 2, lang)}
    return [*texts, word("ranks.agreement", lang, **values, **shown)]


def dropping(table: pd.DataFrame, given: Compared, data: Data, lang: str) -> list[str]:
    """Say whether the order survives that a county leaves. `table` from `rank_views.drop_table`."""
    texts = []
    if data.standard is not None:
        n = len(regional_lines(data.standard))
        own = table[table["method"] == "official"]
        if not n:
            texts.append(word("ranks.drop_absolute", lang))
        elif own.empty:
            texts.append(counted("ranks.drop_none", lang, n))
        else:
            texts.append(counted("ranks.drop_some", lang, n, names=joined(own["dropped_county"], lang)))
    others = table[table["method"] != "official"]
    if len(others):
        counts = [
            word("ranks.drop_count", lang, method=name, n=len(rows))
            for name, rows in others.groupby("method_name", sort=False)
        ]
        texts.append(word("ranks.drop_composites", lang, counts=joined(counts, lang)))
    elif given.matrix.shape[1] and len(given.matrix) > 2:
        texts.append(word("ranks.drop_composites_none", lang))
    return texts


def alt_chart(table: pd.DataFrame, lang: str, most: int = 8) -> str:
    """Say in words what the chart of ranks shows."""
    rows = table[table["rank"].notna()].head(most)
    names = [
        word("ranks.alt_item", lang, name=row.county, rank=int(row.rank), interval=row.interval)
        for row in each_row(rows)
    ]
    return word("ranks.alt_chart", lang, names=joined(names, lang))


def notes(draws: Draws | None, lang: str) -> list[str]:
    """Say how all this was worked out, and what it leaves out; `draws` None without an official rank."""
    texts = []
    if draws is not None:
        varying = int((draws.lines["drawn"] > 0).sum())
        low, high = (wording.number(1 + side * SPREAD, 2, lang) for side in (-1, 1))
        texts = [
            word("ranks.note_official", lang),
            word("ranks.note_simulation", lang, n=wording.integer(len(draws.totals), lang), seed=draws.seed),
            word("ranks.note_fixed", lang, drawn=varying, kept=len(draws.lines) - varying),
            word("ranks.note_independent", lang),
            word("ranks.note_unrounded", lang),
            word("ranks.note_interval", lang),
            word("ranks.note_weights", lang, low=low, high=high),
        ]
    return [*texts, word("ranks.note_composites", lang)]
