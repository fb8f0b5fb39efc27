"""Findings about places, items and indicators, said by name in both languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property

import pandas as pd

from evaltools.datasets import Data
from evaltools.problems import COLUMNS, LISTED, ProblemList, file_of
from evaltools.wording import LANGUAGES, rounded, word
from evaltools.wording import period as period_label

MOST = 10_000
"""Findings of one rule that are listed each; the others are counted by file. Nobody reads more."""

Indicators = Callable[[str], pd.DataFrame]
"""Gives `ev.indicators` of a dataset for a frequency."""


def number(value: float, digits: int | None = None) -> str:
    """Return a number as evidence: plain digits, the same in every language; all it has, or rounded half-up."""
    if digits is not None:
        return f"{rounded(value, digits):f}"
    return f"{value:.0f}" if float(value).is_integer() else format(Decimal(format(value, ".15g")), "f")


def limit(data: Data, name: str) -> float:
    """Return a cut-off of the check: the newest value of `quality_<name>` for all areas; NaN, which nothing passes."""
    rows = data.parameters[(data.parameters["parameter"] == f"quality_{name}") & (data.parameters["area"] == "*")]
    return float(rows.sort_values("valid_from")["value"].iloc[-1]) if len(rows) else float("nan")


class Findings(ProblemList):
    """A list of findings that knows the names of a dataset's places, items and indicators."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.data = data
        self._said: Counter[str] = Counter()
        self._unsaid: Counter[tuple[str, str, str]] = Counter()

    @cached_property
    def names(self) -> dict[str, dict[tuple[str, ...], str]]:
        """The names of areas, units, items and indicators in each language; an area without one has its code."""
        data, found = self.data, {}
        for lang in ("zh", "en"):
            areas, units = (frame[f"name_{lang}"] for frame in (data.areas, data.units))
            areas = areas.where(areas != "", data.areas["name_zh"])
            areas = areas.where(areas != "", data.areas["area"])
            units = units.where(units != "", data.units["name_zh"])
            names: dict[tuple[str, ...], str] = {}
            names |= dict(zip(zip(data.areas["area"], strict=True), areas, strict=True))
            names |= dict(zip(zip(data.units["area"], data.units["unit"], strict=True), units, strict=True))
            for kind, frame in (("item", data.items), ("indicator", data.catalogue)):
                names |= {(kind, key): name for key, name in zip(frame[kind], frame[f"name_{lang}"], strict=True)}
            found[lang] = names
        return found

    def place(self, area: str, unit: str, lang: str) -> str:
        """Return the name of an area, or of a unit and its area."""
        names = self.names[lang]
        whole = names.get((area,), area)
        if not unit:
            return whole
        part = names.get((area, unit), unit)
        return f"{whole}{part}" if lang == "zh" else f"{part}, {whole}"

    def listing(self, kind: str, names: list[str], most: int = 4, notes: list[str] | None = None) -> dict[str, str]:
        """Return the names of items or indicators in each language, the first few and how many more there are.

        notes: what to say behind each, in brackets.
        """
        found = {}
        for lang in LANGUAGES:
            texts = [self.names[lang].get((kind, name), name) for name in names]
            if notes:
                form = "{}（{}）" if lang == "zh" else "{} ({})"
                texts = [form.format(*pair) for pair in zip(texts, notes, strict=True)]
            first = ("、" if lang == "zh" else ", ").join(texts[:most])
            more = len(texts) - most
            found[lang] = word("quality_figures.and_more", lang, first=first, n=more) if more > 0 else first
        return found

    def count(self, rule: str, level: str, where: str, n: int) -> None:
        """Count findings that are not said by themselves."""
        self._unsaid[rule, level, file_of(where)] += n

    def listed(self, rule: str, level: str, where: str) -> bool:
        """Count a finding; whether it is to be said by itself."""
        alike = (rule, level, file_of(where))
        self._alike[alike] += 1
        said = self._alike[alike] <= LISTED and self._said[rule] < MOST
        self._said[rule] += said
        self._unsaid[alike] += not said
        return said

    def frame(self) -> pd.DataFrame:
        """All findings so far, in the order they were found, then how many more there are of a rule in a file."""
        rows = list(self._rows)
        for (rule, level, file), n in (+self._unsaid).items():
            texts = {f"sentence_{lang}": word("findings.alike", lang, n=n) for lang in LANGUAGES}
            rows.append(dict.fromkeys(COLUMNS, "") | {"rule": rule, "level": level, "where": file} | texts)
        return pd.DataFrame(rows, columns=COLUMNS, dtype=str)

    def find(
        self,
        rule: str,
        level: str,
        row: tuple[str, str, str],
        subject: tuple[str, str],
        where: str,
        topic: str = "findings",
        **values: str | dict[str, str],
    ) -> None:
        """Note a finding about a (period, area, unit); the words `<topic>.<rule>` say it.

        subject: ("item" | "indicator", identifier). A value is a text, or one a language. Of one rule in one file
        `LISTED` are said each, and `MOST` in all; the others are counted.
        """
        if not self.listed(rule, level, where):
            return
        period, area, unit = row
        sentences = {
            lang: word(
                f"{topic}.{rule}",
                lang,
                place=self.place(area, unit, lang),
                period=period_label(period, lang) if period else "",
                subject=self.names[lang].get(subject, subject[1]),
                **{name: value if isinstance(value, str) else value[lang] for name, value in values.items()},
            )
            for lang in ("zh", "en")
        }
        self.add(
            rule=rule,
            level=level,
            period=period,
            area=area,
            unit=unit,
            subject=subject[1],
            where=where,
            evidence=str(values.get("evidence", "")),
            likely=str(values.get("likely", "")),
            sentence_zh=sentences["zh"],
            sentence_en=sentences["en"],
        )
