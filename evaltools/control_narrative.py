"""Sentences about control charts, made from the frame of `control_limits.control_chart_points` alone.

Every function reads that frame with a column `label` added, the name of the indicator in the reader's language.
`per` and `kind` are those of the indicator, as in `wording.value`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from evaltools import wording
from evaltools.control_limits import KINDS, stretches, trends
from evaltools.narrative import joined
from evaltools.wording import counted, word

STATUSES = ("better", "worse", "neutral")
_LISTED = 3  # months named one by one; more are counted


class _Signal(NamedTuple):
    """One thing that stands out: the kind, and its months by their place in the segment, in order."""

    kind: str
    at: list[int]


class _Values(NamedTuple):
    """How the values of one indicator are written."""

    lang: str
    per: int
    kind: str

    def text(self, x: float, digits: int | None = None) -> str:
        return wording.value(x, self.lang, self.per, self.kind, digits)

    def apart(self, values: Iterable[float], other: float) -> tuple[list[str], str]:
        """Write values and another that none of them equals, with as many decimals as it takes to see that."""
        numbers = list(values)
        for digits in (None, *range(3, 9)):
            texts, beside = [self.text(x, digits) for x in numbers], self.text(other, digits)
            if beside not in texts:
                break
        return texts, beside


def control_summary(
    points: pd.DataFrame, lang: str, *, per: int = 100, kind: str = "proportion", most: int = 3
) -> list[str]:
    """Say what a control chart shows: what stands out in its last segment, the target, earlier segments, gaps.

    At most `most` signals are told, the latest ones; the rest are counted. n rises take n + 1 months, so a trend of
    seven months is told as six rises. Where nothing stands out the months vary by chance only.
    """
    if points.empty:
        return [word("control.nothing", lang)]
    values = _Values(lang, per, kind)
    *before, last = [part for _, part in points.groupby("segment", sort=True)]
    name = str(points["label"].iloc[0])
    texts = _last_segment(last, name, values, most)
    if judged := str(last["assurance"].iloc[0]):
        aim = wording.target(last["target"].iloc[0], lang, per, kind)
        texts.append(word(f"control.{judged}", lang, target=aim))
    texts += [_earlier_segment(part, lang) for part in before]
    if points["value"].notna().any():
        texts += _months("missing", "missing_many", points[points["value"].isna() & ~points["disturbed"]], lang)
    texts += _months("disturbed_months", "disturbed_many", points[points["disturbed"]], lang)
    return texts


def alt_control_chart(points: pd.DataFrame, lang: str, *, per: int = 100, kind: str = "proportion") -> str:
    """Say in words what the chart of `points` shows: level and limits at its end, what stands out, the last value."""
    if points.empty:
        return word("control.nothing", lang)
    values = _Values(lang, per, kind)
    last = points[points["segment"] == points["segment"].max()]
    level = last[["mean", "lower", "upper"]].iloc[0]
    if level.isna().any():
        parts = [wording.reason(_no_limits(last), lang)]
    else:
        parts = [word("control.alt_limits", lang, **{str(line): values.text(x) for line, x in level.items()})]
    if pd.notna(last["target"].iloc[0]):
        parts.append(word("control.alt_target", lang, target=wording.target(last["target"].iloc[0], lang, per, kind)))
    counts = points["status"].value_counts()
    found = [counted(f"control.alt_{name}", lang, int(counts[name])) for name in STATUSES if counts.get(name, 0)]
    if (points["kind"] != "").any():
        parts += found or [word("control.alt_quiet", lang)]
    known = points[points["value"].notna()]
    if len(known):
        at = known.iloc[-1]
        parts.append(
            word("control.alt_last", lang, period=wording.period(at["period"], lang), value=values.text(at["value"]))
        )
    name = str(points["label"].iloc[0])
    return word("control.alt_chart", lang, name=name, span=_span(points, lang), parts=_clauses(parts, lang))


def control_notes(lang: str, *, least: int = 12, target: bool = True) -> list[str]:
    """Say what limits and rules are, that seasons are not taken out and, where there is a target, how it is judged.

    `least` as given to `control_chart_points`.
    """
    names = ("limits", "rules", "season", "assurance") if target else ("limits", "rules", "season")
    return [word(f"control.method_{name}", lang, least=wording.integer(least, lang)) for name in names]


def segments_without_limits(points: pd.DataFrame, lang: str) -> list[str]:
    """Say of each segment without limits why it has none, for the foot of its chart."""
    return [
        word("control.without_limits", lang, span=_span(part, lang), reason=wording.reason(_no_limits(part), lang))
        for _, part in points.groupby("segment", sort=True)
        if part["mean"].isna().all()
    ]


def _last_segment(part: pd.DataFrame, name: str, values: _Values, most: int) -> list[str]:
    lang = values.lang
    about = {"name": name, "span": _span(part, lang)}
    if part["mean"].isna().all():
        return [word("control.no_limits", lang, **about, reason=wording.reason(_no_limits(part), lang))]
    signals = sorted(_signals(part), key=lambda signal: (signal.at[-1], KINDS.index(signal.kind)))
    if not signals:
        limits = {side: values.text(part[side].iloc[0]) for side in ("lower", "upper")}
        return [word("control.quiet", lang, **about, **limits)]
    told = signals[-most:]
    # A lasting fall puts the months before it above the mean: what the latest signals say is what counts.
    judged = {_status(signal.kind, part) for signal in told if signal.at[-1] == told[-1].at[-1]}
    status = judged.pop() if len(judged) == 1 else "neutral"
    if all(signal.kind in KINDS[0:2] for signal in told):
        status = "month"  # single months tell of an event, not yet of another process
    clauses = [_clause(signal, part, values) for signal in told]
    texts = [word(f"control.signals_{status}", lang, name=name, signals=_clauses(clauses, lang))]
    if len(signals) > len(told):
        texts.append(counted("control.more_signals", lang, len(signals) - len(told)))
    return texts


def _signals(part: pd.DataFrame) -> list[_Signal]:
    """Return what stands out in a segment with limits: months beyond each limit, trends, months near, runs."""
    found = []
    for rule, kinds in (("beyond", KINDS[0:2]), ("near", KINDS[4:6])):
        for sign, kind in zip((1, -1), kinds, strict=True):
            at = np.flatnonzero(part[rule] == sign)
            # Months beyond a limit are one matter wherever they stand, months near it only within one group of three.
            groups = [at] if rule == "beyond" else np.split(at, np.flatnonzero(np.diff(at) > 2) + 1)
            found += [_Signal(kind, group.tolist()) for group in groups if len(group)]
    for first, last, sign in trends(part["value"].mask(part["disturbed"])):
        found.append(_Signal("trend_up" if sign > 0 else "trend_down", [first, last]))
    for first, last, sign in stretches(part["shift"], 1):
        found.append(_Signal("shift_up" if sign > 0 else "shift_down", [first, last]))
        # Months near a limit in the midst of a long run on that side say nothing more.
        near = KINDS[4] if sign > 0 else KINDS[5]
        found = [x for x in found if x.kind != near or not (first <= x.at[0] and x.at[-1] <= last)]
    return found


def _status(kind: str, part: pd.DataFrame) -> str:
    """Return how a kind of signal is judged, by how the months of the segment were."""
    seen = part[part["status"] != ""].iloc[0]
    good = {"better": 1, "worse": -1, "neutral": 0}[seen["status"]] * _rises(seen["kind"]) * _rises(kind)
    return {1: "better", -1: "worse", 0: "neutral"}[good]


def _rises(kind: str) -> int:
    return 1 if kind in KINDS[0:8:2] else -1


def _clause(signal: _Signal, part: pd.DataFrame, values: _Values) -> str:
    lang, rows = values.lang, part.iloc[signal.at]
    first, last = (wording.period(rows["period"].iloc[end], lang) for end in (0, -1))
    key, n = f"control.{signal.kind}", wording.integer(signal.at[-1] - signal.at[0] + 1, lang)
    if signal.kind.startswith("shift"):
        return word(key, lang, span=_span(rows, lang), n=n, mean=values.text(part["mean"].iloc[0]))
    if signal.kind.startswith("trend"):
        before, now = rows["value"]
        (before_text,), now_text = values.apart([before], now)
        rises = wording.integer(signal.at[-1] - signal.at[0], lang)
        return word(key, lang, first=first, before=before_text, n=rises, last=last, now=now_text)
    limit = part["upper" if _rises(signal.kind) > 0 else "lower"].iloc[0]
    latest = rows.tail(_LISTED)
    texts, limit_text = values.apart(latest["value"], limit)
    names = [wording.period(period, lang) for period in latest["period"]]
    months = joined((word("control.month", lang, period=p, value=v) for p, v in zip(names, texts, strict=True)), lang)
    if signal.kind.startswith("near"):
        return word(key, lang, months=months)
    side = word(key, lang, limit=limit_text)
    if len(rows) == 1:
        return word("control.beyond_one", lang, period=names[0], value=texts[0], side=side)
    if len(rows) > _LISTED:
        return word("control.beyond_many", lang, n=wording.integer(len(rows), lang), side=side, months=months)
    return word("control.beyond_some", lang, months=months, side=side)


def _earlier_segment(part: pd.DataFrame, lang: str) -> str:
    span = _span(part, lang)
    if part["mean"].isna().all():
        return word("control.earlier_no_limits", lang, span=span, reason=wording.reason(_no_limits(part), lang))
    n = int((part["status"] != "").sum())
    if not n:
        return word("control.earlier_quiet", lang, span=span)
    return counted("control.earlier_signals", lang, n, span=span)


def _months(key: str, many: str, rows: pd.DataFrame, lang: str) -> list[str]:
    if rows.empty:
        return []
    if len(rows) > _LISTED:
        return [word(f"control.{many}", lang, n=wording.integer(len(rows), lang))]
    return [word(f"control.{key}", lang, months=joined((wording.period(p, lang) for p in rows["period"]), lang))]


def _no_limits(part: pd.DataFrame) -> str:
    """Return why a segment has no limits: the last reason of each of its months."""
    return str(part["reason"].iloc[0]).rpartition("; ")[2]


def _span(rows: pd.DataFrame, lang: str) -> str:
    first, last = (wording.period(rows["period"].iloc[end], lang) for end in (0, -1))
    return first if len(rows) == 1 else word("report.years", lang, first=first, last=last)


def _clauses(texts: Sequence[str], lang: str) -> str:
    return word("report.list_separator_strong", lang).join(texts)
