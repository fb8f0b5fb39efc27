"""Over-dispersion: areas that differ by more than chance, by how much, and the funnel limits that allow for it.

Large areas lie outside exact limits for small reasons: case mix, ways of registering, what no standardisation takes
out. Spiegelhalter (2005, Quality and Safety in Health Care 14: 347–351, and Statistics in Medicine 24: 1185–1202)
measures this by the mean of the squared z scores, robustly, and widens the limits. The conventions are those of the
R package FunnelPlotR 0.6 (methods CQC and SHMI), whose tests give the reference cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri

from evaltools.benchmarks import funnel_sizes
from evaltools.decimals import NEAR
from evaltools.rates import Floats
from evaltools.wording import word

KINDS = ("proportion", "rate", "ratio")
METHODS = ("winsorise", "truncate")
MODELS = ("additive", "multiplicative")
DEVIATIONS = 2.0
"""Standard deviations by which phi has to pass 1: its variance without over-dispersion is about 2 / n."""


class Dispersion(NamedTuple):
    """How far areas differ beyond chance. phi and tau2 are NaN where `reason` says why; else `reason` is ""."""

    phi: float
    """Mean squared z score: 1 is what chance alone gives."""
    tau2: float
    """Variance between areas on the transformed scale, at least 0."""
    n: int
    """z scores that phi is made of: areas with both numbers, without the truncated ones."""
    threshold: float
    """What phi has to pass: 1 + deviations × √(2 / n)."""
    adjusted: bool
    """Whether limits are to be widened: phi above the threshold and tau2 above 0."""
    transform: str
    """Scale of the z scores: arcsine, square_root or log."""
    reason: str


def overdispersion(
    numerator: ArrayLike,
    denominator: ArrayLike,
    kind: str,
    method: str = "winsorise",
    share: float = 0.1,
    *,
    average: float | None = None,
    deviations: float = DEVIATIONS,
) -> Dispersion:
    """Measure the over-dispersion of areas around their joint level.

    numerator, denominator: one number an area, of the same length; an area where either is missing or the denominator
    is zero has no value and is not counted. kind: `proportion`; `rate`; `ratio`, a standardised ratio with the
    expected cases as denominator, set against 1. average: the level the others are set against, numerator /
    denominator; the areas' joint one if not given.

    z scores, with s their standard error by chance alone:
    proportion: (arcsin √(x / n) − arcsin √average) / s, s = 1 / (2 √n).
    rate, ratio: (√(x / E) − 1) / s, s = 1 / (2 √E), E = n × average cases expected (method CQC); ratios that are to be
        truncated: ln(x / E) / s, s = 1 / √E (method SHMI).
    winsorise: z below the `share` quantile is set to it, above the 1 − share quantile to that (R type 7).
    truncate: z in the lowest and the highest of 1 / share groups by rank is left out, floor(rank / share / (n + 1));
        with fewer than 1 / share − 1 areas nothing is left out.

    phi = Σz² / n. tau2 = (n phi − (n − 1)) / (Σw − Σw² / Σw), w = 1 / s², not below 0 (DerSimonian and Laird 1986).
    Over-dispersed if phi > 1 + deviations √(2 / n): without over-dispersion n phi is about χ² with n degrees of
    freedom (Spiegelhalter 2005). FunnelPlotR widens from phi > 1 on: deviations 0. Winsorising makes phi smaller, so
    the test errs on the side of leaving the limits alone.

    Not computed, with a reason: fewer than two areas; no case at all, or nothing but cases; a proportion above 1; the
    logarithm of no case. Raises ValueError for another kind or method, a share outside 0 to below 0.5, negative or
    infinite numbers, lengths that differ.
    """
    for name, given, allowed in (("kind", kind, KINDS), ("method", method, METHODS)):
        if given not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}; found {given!r}")
    if not 0 <= share < 0.5 or (method == "truncate" and share == 0):
        raise ValueError(f"share must be at least 0, above 0 to truncate, and below 0.5; found {share!r}")
    cases, size = _pairs(numerator, denominator)
    transform = _transform(kind, method)
    joint = average if average is not None else _joint(cases, size, kind)
    if why_not := _why_not(cases, size, kind, transform, joint):
        return Dispersion(math.nan, math.nan, len(cases), math.nan, False, transform, why_not)
    expected = size if kind == "proportion" else size * joint
    error = 1 / np.sqrt(expected) if transform == "log" else 1 / (2 * np.sqrt(expected))
    if transform == "arcsine":
        z = (_arcsine(cases / size) - _arcsine(joint)) / error
    else:
        ratio = cases / expected
        z = (np.log(ratio) if transform == "log" else np.sqrt(ratio) - 1) / error
    if method == "winsorise":
        z = np.clip(z, *np.quantile(z, [share, 1 - share]))
    else:
        inner = _inner(z, share)
        z, error = z[inner], error[inner]
    n = len(z)
    if n < 2:
        why_not = word("peers.reason_too_few_areas", "en", n=n)
        return Dispersion(math.nan, math.nan, n, math.nan, False, transform, why_not)
    phi = float(np.mean(z**2))
    weight = 1 / error**2
    between = float(weight.sum() - (weight**2).sum() / weight.sum())
    tau2 = max(0.0, (n * phi - (n - 1)) / between)
    threshold = 1 + deviations * math.sqrt(2 / n)
    return Dispersion(phi, tau2, n, threshold, phi > threshold and tau2 > 0, transform, "")


def adjusted_limits(
    denominator: ArrayLike | pd.Series,
    average: float,
    found: Dispersion,
    per: float = 1,
    confidence: Sequence[float] = (0.95, 0.998),
    model: str = "additive",
) -> pd.DataFrame:
    """Funnel limits that allow for over-dispersion, on the transformed scale and turned back.

    denominator, average, per, confidence and the result are those of `benchmarks.funnel_limits`: denominator,
    baseline, lower_95, upper_95, lower_99_8, upper_99_8 (× per); a ratio has the average 1. found: from
    `overdispersion`, adjusted or not.

    additive: standard error √(s² + tau2), areas have levels of their own around the average. multiplicative: √phi × s,
    never narrower than by chance alone. Limits are cut to 0 and, for proportions, 1. FunnelPlotR leaves the limits of
    square-rooted ratios on the scale of the root; here they are squared back.
    NaN in, NaN out. Raises ValueError for another model, a denominator of zero or less, an impossible average, a
    confidence that is not between 0 and 1, or a `found` without phi, with its reason.
    """
    if model not in MODELS:
        raise ValueError(f"model is one of {', '.join(MODELS)}; found {model!r}")
    if found.reason:
        raise ValueError(f"no adjusted limits: {found.reason}")
    highest = 1 if found.transform == "arcsine" else math.inf
    index = denominator.index if isinstance(denominator, pd.Series) else None
    n = funnel_sizes(denominator, average, highest)
    expected = n if found.transform == "arcsine" else n * average
    variance = np.divide(1.0 if found.transform == "log" else 0.25, expected, where=expected > 0, out=np.zeros(len(n)))
    variance[np.isnan(n)] = math.nan
    spread = np.sqrt(variance + found.tau2 if model == "additive" else variance * max(found.phi, 1.0))
    columns = {"denominator": n, "baseline": np.full(len(n), average * per)}
    for level in confidence:
        if not 0 < level < 1:
            raise ValueError(f"confidence must be between 0 and 1; found {level!r}")
        name = f"{level * 100:g}".replace(".", "_")
        reach = -ndtri((1 - level) / 2) * spread
        for side, step in (("lower", -reach), ("upper", reach)):
            columns[f"{side}_{name}"] = _back(step, average, found.transform) * per
    return pd.DataFrame(columns, index=index)


def _back(step: Floats, average: float, transform: str) -> Floats:
    """Return the level that lies `step` from the average on the transformed scale."""
    if transform == "arcsine":  # beyond a right angle the sine would turn back
        return np.asarray(np.sin(np.clip(_arcsine(average) + step, 0, math.pi / 2)) ** 2)
    if transform == "log":
        return np.asarray(average * np.exp(step))
    return np.asarray(average * np.maximum(1 + step, 0) ** 2)


def _pairs(numerator: ArrayLike, denominator: ArrayLike) -> tuple[Floats, Floats]:
    """Return the numbers of the areas that have a value."""
    cases = np.atleast_1d(np.asarray(numerator, dtype=float))
    size = np.atleast_1d(np.asarray(denominator, dtype=float))
    if cases.shape != size.shape or cases.ndim != 1:
        raise ValueError(f"numerator and denominator must be of one length; found {cases.shape} and {size.shape}")
    for name, column in (("numerator", cases), ("denominator", size)):
        if (column < 0).any() or np.isinf(column).any():
            raise ValueError(f"{name} must be zero or more and finite")
    known = ~np.isnan(cases) & (size > 0)
    return cases[known], size[known]


def _transform(kind: str, method: str) -> str:
    if kind == "proportion":
        return "arcsine"
    return "log" if kind == "ratio" and method == "truncate" else "square_root"


def _joint(cases: Floats, size: Floats, kind: str) -> float:
    return 1.0 if kind == "ratio" else float(cases.sum() / size.sum()) if len(size) else math.nan


def _why_not(cases: Floats, size: Floats, kind: str, transform: str, average: float) -> str:
    """Return why there is no phi, "" if there is one."""
    if len(cases) < 2:
        return word("peers.reason_too_few_areas", "en", n=len(cases))
    if kind == "proportion" and (cases > size).any():
        return word("peers.reason_above_all", "en")
    if not average > 0 or (kind == "proportion" and average >= 1):
        return word("peers.reason_no_cases" if not average > 0 else "peers.reason_all_cases", "en")
    if transform == "log" and not cases.all():
        return word("peers.reason_no_logarithm", "en")
    return ""


def _inner(z: Floats, share: float) -> np.ndarray:
    """Whether a z score lies in none of the outermost groups by rank; ties share the mean of their ranks."""
    groups = 1 / share
    rank = pd.Series(z).rank().to_numpy()
    # a quotient that is whole but for how a computer divides counts as whole
    place = np.floor(rank * groups / (len(z) + 1) + NEAR)
    inner = (place > 0) & (place < groups - 1 - NEAR)
    return np.asarray(inner)


def _arcsine(x: Floats | float) -> Floats:
    return np.asarray(np.arcsin(np.sqrt(x)))
