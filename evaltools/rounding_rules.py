"""The published rules for small counts, as named presets: what is hidden, what is rounded and how.

A preset is a file `disclosure/<name>.yaml`, a dataset's own before that of `data/disclosure/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import ArrayLike, NDArray

from evaltools.problems import InputError, ProblemList

FOLDER = "disclosure"
DEFAULT = "general"
"""The preset of a dataset that names none."""

ZERO_SHOWN = ("*deaths",)
"""Items of which zero is shown by every rule that does not say otherwise."""

ALSO = {
    "nhs_hes": "nhs_hes_2018",
    "nhs": "nhs_hes_2018",
    "hes": "nhs_hes_2018",
    "nhs_hes_pre_2018": "nhs_hes_before_2018",
    "qof": "qof_phs",
    "phs": "qof_phs",
    "ons": "ons_srs",
    "srs": "ons_srs",
    "us_census": "us_census_drb",
    "census_drb": "us_census_drb",
    "drb": "us_census_drb",
    "nchs": "county_health_rankings",
    "chr": "county_health_rankings",
}
"""Other names of presets, as offices and their users say them."""

Floats = NDArray[np.float64]

_TEXTS = ("name_zh", "name_en", "rule_zh", "rule_en", "source", "mark")
_OPTIONAL: dict[str, tuple[type, str]] = {
    "hide": (dict, "{from: 1, to: 4}"),
    "hide_sensitive": (dict, "{from: 1, to: 9}"),
    "shown_as": (object, "*"),
    "round": (list, "[{from: 8, base: 5}]"),
    "half": (str, "up, even"),
    "complement": (bool, "yes, no"),
    "blank_denominator": (bool, "yes, no"),
    "exempt_levels": (list, "[country]"),
    "zero_always_shown": (list, '["*deaths"]'),
    "normal_interval_from": (int, "100"),
    "dominance": (dict, "{n: 2, k: 0.9, p: 0.1}"),
}


@dataclass(frozen=True)
class Bracket:
    """Counts from `start` on are rounded to a multiple of `base`, or (base 0) to so many significant `digits`."""

    start: float
    base: float
    digits: int


@dataclass(frozen=True)
class Preset:
    """One office's rule.

    hide, hide_sensitive: the smallest and largest count that is hidden. shown_as: what the office prints instead.
    brackets, half: how other counts are rounded, none if there are none. complement: whether a numerator is hidden too
    when what is left of its denominator is as small. blank_denominator: whether the denominator of a hidden numerator
    is blank in its row. exempt_levels: levels of areas that the rule does not touch. zero_always_shown: patterns of
    items of which 0 is shown although `hide` begins at 0 and although it may help to find another.
    normal_interval_from: the numerator from which intervals are normal and below which they are gamma; 0 where
    intervals stay as they are. dominance: n, k and p of the rules for magnitudes.
    """

    name: str
    name_zh: str
    name_en: str
    rule_zh: str
    rule_en: str
    source: str
    mark: str
    hide: tuple[float, float]
    hide_sensitive: tuple[float, float]
    shown_as: str | float
    brackets: tuple[Bracket, ...]
    half: str
    complement: bool
    blank_denominator: bool
    exempt_levels: tuple[str, ...]
    zero_always_shown: tuple[str, ...]
    normal_interval_from: float
    dominance: tuple[int, float, float] | None

    def keeps_zero(self, item: str) -> bool:
        """Whether a zero of an item is shown: always where the rule keeps zeros, else for the items it names."""
        return self.hide[0] > 0 or self.always_shows_zero(item)

    def always_shows_zero(self, item: str) -> bool:
        """Whether a zero of an item is shown even where hiding it would protect another."""
        return any(fnmatchcase(item, pattern) for pattern in self.zero_always_shown)


def presets(folder: Path | None = None) -> list[str]:
    """Return the names of the presets, those of a dataset folder among them."""
    return sorted({path.stem for root in _roots(folder) if root.is_dir() for path in root.glob("*.yaml")})


def preset_path(name: str, folder: Path | None = None) -> Path | None:
    """Return the file of a preset, the dataset's own before the common one; None if there is none."""
    if not name or Path(name).name != name:
        return None
    return next((path for root in _roots(folder) if (path := root / f"{name}.yaml").is_file()), None)


def load_preset(name: str, folder: Path | None = None) -> Preset:
    """Read a preset by name; raises InputError for one that is not there or cannot be used."""
    problems = ProblemList()
    name = _also_called(name, folder)
    path = preset_path(name, folder)
    if path is None:
        allowed = ", ".join(presets(folder)) or "—"
        problems.say("unknown_preset", where=name or FOLDER, topic="presets", found=name, allowed=allowed)
        raise InputError(problems.frame())
    label = f"{FOLDER}/{path.name}"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        problems.say("unreadable", where=label, topic="presets", evidence=str(error).splitlines()[0])
        raise InputError(problems.frame()) from None
    preset = _read(name, content if isinstance(content, dict) else {}, label, problems)
    problems.raise_if_any()
    return preset


def _also_called(name: str, folder: Path | None) -> str:
    """Return the name of the preset that another of its names is for; case and - do not matter."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if preset_path(name, folder) is not None or (preset_path(plain, folder) is None and plain not in ALSO):
        return name
    return ALSO.get(plain, plain)


def round_counts(values: ArrayLike | pd.Series, preset: str | Preset, national: bool = False) -> Any:
    """Apply a preset to plain counts: hide the small, round the rest, as the office prints them.

    values: counts, zero or more, NaN for missing. national: whether they are of a level that the preset exempts.
    Returns an object array, or a Series with the index of `values`: whole numbers, and in place of a hidden count
    what the office prints ("*", "N<15", 0, ""). Missing stays NaN. Raises ValueError for a negative or infinite
    count, InputError for an unknown preset. Source: the preset's.
    """
    rule = load_preset(preset) if isinstance(preset, str) else preset
    given = np.atleast_1d(np.asarray(values, dtype=float))
    if (given < 0).any() or np.isinf(given).any():
        raise ValueError("counts must be zero or more and finite")
    shown: list[Any] = [
        _whole(number) for number in (given if national and rule.exempt_levels else rounded(given, rule))
    ]
    if not (national and rule.exempt_levels):
        for at in np.flatnonzero(is_small(given, rule.hide)):
            shown[at] = rule.shown_as
    if isinstance(values, pd.Series):
        return pd.Series(shown, index=values.index, name=values.name, dtype=object)
    result = np.empty(len(shown), dtype=object)
    result[:] = shown
    return result


def is_small(values: Floats, hide: tuple[float, float]) -> NDArray[np.bool_]:
    """Return which counts a rule hides; a count that is no whole number is as small as the whole one below it."""
    return np.asarray((values >= hide[0]) & (values < hide[1] + 1) & ((values > 0) | (hide[0] <= 0)), dtype=bool)


def rounded(values: Floats, preset: Preset) -> Floats:
    """Return counts rounded as a preset says; below its first bracket, and without brackets, as they are."""
    values = np.asarray(values, dtype=float)
    if not preset.brackets:
        return values
    base = np.zeros(values.shape)
    for bracket in preset.brackets:
        here = values >= bracket.start
        step = np.full(values.shape, bracket.base)
        if bracket.digits:
            size = np.floor(np.log10(np.where(here, np.maximum(values, 1.0), 1.0)))
            step = 10.0 ** (size + 1 - bracket.digits)
        base = np.where(here, step, base)
    steps = np.divide(values, base, out=np.zeros(values.shape), where=base > 0)
    steps = np.rint(steps) if preset.half == "even" else np.floor(steps + 0.5)
    return np.where(base > 0, steps * base, values)


def rounding_range(values: Floats, preset: Preset) -> tuple[Floats, Floats]:
    """Return the smallest and the largest whole number that is printed as each of these counts is."""
    values = np.asarray(values, dtype=float)
    if not preset.brackets:
        return values, values
    printed, ends = rounded(values, preset), []
    for sign in (-1.0, 1.0):
        near, step = values.copy(), 2.0 ** np.ceil(np.log2(np.maximum(values, 1.0)))
        while (step >= 1).any():
            further = near + sign * np.where(step >= 1, step, 0)
            same = (further >= preset.brackets[0].start) & (rounded(further, preset) == printed)
            near = np.where(same, further, near)
            step = step / 2
        ends.append(np.where(values < preset.brackets[0].start, values, near))
    return ends[0], ends[1]


def is_dominated(contributions: ArrayLike | pd.Series, preset: str | Preset = "acro") -> dict[str, bool]:
    """Test a magnitude by the rules of dominance: whether few contributors make up nearly all of it.

    contributions: what each contributor adds to the total, zero or more. Returns `nk` (the n largest make up more than
    k of the total) and `p_percent` (what is left without the two largest is less than p of the largest, so that the
    second could tell the first; true with fewer than two contributors or nothing at all). Raises ValueError for a
    preset without such rules or a negative contribution. Source: ACRO (AI-SDC); Hundepool et al. 2012.
    """
    rule = load_preset(preset) if isinstance(preset, str) else preset
    sizes = np.sort(np.asarray(contributions, dtype=float))[::-1]
    if rule.dominance is None:
        raise ValueError(f"the preset {rule.name} has no rule of dominance")
    if np.isnan(sizes).any() or (sizes < 0).any():
        raise ValueError("contributions must be zero or more")
    n, k, p = rule.dominance
    total = float(sizes.sum())
    few = len(sizes) < 2 or total <= 0
    return {
        "nk": bool(total > 0 and sizes[:n].sum() / total > k),
        "p_percent": bool(few or sizes[2:].sum() / sizes[0] < p),
    }


def _roots(folder: Path | None) -> list[Path]:
    from evaltools.datasets import home

    return [*([folder / FOLDER] if folder is not None else []), home() / "data" / FOLDER]


def _whole(number: float) -> float | int:
    return int(number) if number == number and float(number).is_integer() else float(number)


def _read(name: str, content: dict[str, Any], label: str, problems: ProblemList) -> Preset:
    for key in sorted({str(key) for key in content}.difference(_TEXTS, _OPTIONAL)):
        problems.say("unknown_key", where=label, topic="presets", found=key, allowed=", ".join((*_TEXTS, *_OPTIONAL)))

    def refuse(key: str, allowed: str) -> None:
        found = str(content.get(key))
        problems.say("bad_preset", where=label, topic="presets", subject=key, found=found, allowed=allowed)

    for key in _TEXTS:
        if not isinstance(content.get(key), str):
            refuse(key, "verified, general" if key == "mark" else "…")
    if content.get("mark") not in ("verified", "general"):
        refuse("mark", "verified, general")
    kinds = {key: kind for key, (kind, _) in _OPTIONAL.items()}
    for key, (kind, example) in _OPTIONAL.items():
        if (key in content or key == "hide") and not isinstance(content.get(key), kind):
            refuse(key, example)
    given: dict[str, Any] = {key: value for key, value in content.items() if isinstance(value, kinds.get(key, str))}
    if given.get("half", "up") not in ("up", "even"):
        refuse("half", "up, even")
    hide = _range(given, "hide", (1.0, 4.0), refuse)
    try:
        brackets = tuple(
            Bracket(float(part["from"]), float(part.get("base", 0)), int(part.get("digits", 0)))
            for part in given.get("round", [])
        )
        if any((part.base > 0) == (part.digits > 0) for part in brackets):
            raise ValueError
    except (TypeError, KeyError, ValueError):
        brackets = ()
        refuse("round", _OPTIONAL["round"][1])
    try:
        parts = given.get("dominance")
        dominance = (int(parts["n"]), float(parts["k"]), float(parts["p"])) if parts else None
    except (TypeError, KeyError, ValueError):
        dominance = None
        refuse("dominance", _OPTIONAL["dominance"][1])
    shown_as = given.get("shown_as", "*")
    return Preset(
        name=name,
        **{key: str(given.get(key, "")) for key in _TEXTS},
        hide=hide,
        hide_sensitive=_range(given, "hide_sensitive", hide, refuse),
        shown_as=shown_as if isinstance(shown_as, int | float) else str(shown_as),
        brackets=brackets,
        half=str(given.get("half", "up")),
        complement=bool(given.get("complement", False)),
        blank_denominator=bool(given.get("blank_denominator", False)),
        exempt_levels=tuple(map(str, given.get("exempt_levels", []))),
        zero_always_shown=tuple(map(str, given.get("zero_always_shown", ZERO_SHOWN))),
        normal_interval_from=float(given.get("normal_interval_from", 0)),
        dominance=dominance,
    )


def _range(given: dict[str, Any], key: str, default: tuple[float, float], refuse: Any) -> tuple[float, float]:
    """Return the smallest and largest hidden count; three values at least, for a cell that is hidden must hide."""
    if key not in given:
        return default
    try:
        first, last = float(given[key]["from"]), float(given[key]["to"])
    except (TypeError, KeyError, ValueError):
        first, last = 0.0, 0.0
    if not (first in (0.0, 1.0) and last >= first + 2 and last.is_integer()):
        refuse(key, _OPTIONAL[key][1])
        return default
    return first, last
