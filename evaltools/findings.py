"""Findings about places, items and indicators, said by name in both languages."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pandas as pd

from evaltools.datasets import Data
from evaltools.problems import ProblemList
from evaltools.tables import each_row
from evaltools.wording import period as period_label
from evaltools.wording import rounded, word

Indicators = Callable[[str], pd.DataFrame]
"""Gives `ev.indicators` of a dataset for a frequency."""


def number(value: float, digits: int | None = None) -> str:
    """Return a number as evidence: plain digits, the same in every language; all it has, or rounded half-up."""
    if digits is not None:
        return f"{rounded(value, digits):f}"
    return f"{value:.0f}" if float(value).is_integer() else format(Decimal(format(value, ".15g")), "f")


class Findings(ProblemList):
    """A list of findings that knows the names of a dataset's places, items and indicators."""

    def __init__(self, data: Data) -> None:
        super().__init__()
        self.data = data
        self.names: dict[str, dict[tuple[str, ...], str]] = {}
        for lang in ("zh", "en"):
            names = self.names.setdefault(lang, {})
            name = f"name_{lang}"
            names |= {(a.area,): data.area_name(a.area, lang) for a in each_row(data.areas)}
            names |= {(u.area, u.unit): getattr(u, name) or u.name_zh for u in each_row(data.units)}
            names |= {("item", i.item): getattr(i, name) for i in each_row(data.items)}
            names |= {("indicator", i.indicator): getattr(i, name) for i in each_row(data.catalogue)}

    def place(self, area: str, unit: str, lang: str) -> str:
        """Return the name of an area, or of a unit and its area."""
        names = self.names[lang]
        whole = names.get((area,), area)
        if not unit:
            return whole
        part = names.get((area, unit), unit)
        return f"{whole}{part}" if lang == "zh" else f"{part}, {whole}"

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

        subject: ("item" | "indicator", identifier). A value is a text, or one a language.
        """
        period, area, unit = row
        sentences = {
            lang: word(
                f"{topic}.{rule}",
                lang,
                place=self.place(area, unit, lang),
                period=period_label(period, lang),
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
