"""Which item or indicator a header may mean: by exact name, by synonym, or by likeness for a person to confirm."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache

from evaltools import formulas
from evaltools.header_names import JOIN, core, measure_of, without_of_which
from evaltools.returns import Known
from evaltools.tables import each_row

LIKE = 0.6
"""Names less alike than this are no candidates."""

SHOWN = 3
_COUNTED = ("count", "amount")
_RATE_MEASURES = {"%": 100, "‰": 1000}
_RATE_NAME = re.compile(r"(率|比例|占比|比重|百分比|覆盖面)(\(|$)")


@dataclass(frozen=True)
class Candidate:
    """An item or indicator that a header may mean, and how alike the names are, from 0 to 1."""

    kind: str
    code: str
    name: str
    likeness: float


@dataclass(frozen=True)
class Match:
    """What a header was found to mean. how: exact, synonym, near (to be confirmed) or none; the best one first."""

    how: str
    candidates: tuple[Candidate, ...]
    times: Decimal

    @property
    def best(self) -> Candidate | None:
        """The candidate that is written into the draft; None where none is near, or several fit alike."""
        return self.candidates[0] if self.candidates and self.how != "none" else None


class Matcher:
    """Looks headers up in the names and synonyms of a catalogue."""

    def __init__(self, known: Known) -> None:
        self.names: dict[str, dict[str, list[Candidate]]] = {"exact": defaultdict(list), "synonym": defaultdict(list)}
        self.terms: dict[str, tuple[str, str]] = {}
        self.per: dict[str, int] = {}
        self.measures = dict(zip(known.items["item"], known.items["measure"], strict=True))
        for row in each_row(known.items):
            self._learn("exact", "item", row.item, row.name_zh, (row.name_zh, row.name_en, row.item))
            self._learn("synonym", "item", row.item, row.name_zh, re.split("[;；]", row.synonyms))
        for row in each_row(known.indicators):
            # what merely repeats an item (a count, an amount) is that item where it is printed
            if row.kind not in _COUNTED:
                self._learn("exact", "indicator", row.indicator, row.name_zh, (row.name_zh, row.name_en))
                self.terms[row.indicator] = (row.numerator, row.denominator)
                self.per[row.indicator] = int(row.per or 1)
        self.match = lru_cache(maxsize=None)(self._match)

    def _learn(self, how: str, kind: str, code: str, name: str, texts: Sequence[str]) -> None:
        for text in texts:
            found = self.names[how][core(text)] if core(text) else []
            if all((other.kind, other.code) != (kind, code) for other in found):
                found.append(Candidate(kind, code, name, 1.0))

    def _match(self, header: str) -> Match:
        """Return what a header, joined over its rows, may mean."""
        parts = header.split(JOIN)
        measure, scale = measure_of(parts[-1])
        is_rate = measure in _RATE_MEASURES or measure.startswith(("/", "1/")) or bool(_RATE_NAME.search(core(header)))
        kind = "indicator" if is_rate else "item"
        last = core(parts[-1])
        # a header above that only repeats a part of the name (高血压 / 高血压患者数) adds nothing to it
        whole = last if all(core(part) in last for part in parts[:-1]) else core("".join(parts))
        for how, names in self.names.items():
            found = [candidate for candidate in names.get(whole, ()) if candidate.kind == kind or not is_rate]
            if len(found) == 1:
                return Match(how, tuple(found), self._times(found[0], measure, scale))
            if found:
                return Match("none", tuple(found), Decimal(1))
        candidates = self._like((whole, *self._others(parts)), kind)
        times = self._times(candidates[0], measure, scale) if candidates else Decimal(1)
        return Match("near" if candidates else "none", tuple(candidates), times)

    @staticmethod
    def _others(parts: Sequence[str]) -> tuple[str, ...]:
        """Return what may be the name beside the whole: the last part alone, and without `其中`."""
        last = without_of_which(parts[-1])
        return core(last), core("".join((*parts[:-1], last)))

    def _like(self, names: Sequence[str], kind: str) -> list[Candidate]:
        found: dict[str, Candidate] = {}
        matchers = [SequenceMatcher(None, "", name, autojunk=False) for name in dict.fromkeys(names) if name]
        for spelled, candidates in (entry for names_of in self.names.values() for entry in names_of.items()):
            for candidate in (c for c in candidates if c.kind == kind):
                best = max((_ratio(matcher, spelled) for matcher in matchers), default=0.0)
                if best >= LIKE and best > (found[candidate.code].likeness if candidate.code in found else 0):
                    found[candidate.code] = Candidate(kind, candidate.code, candidate.name, best)
        return sorted(found.values(), key=lambda c: (-c.likeness, c.code))[:SHOWN]

    def _times(self, candidate: Candidate, measure: str, scale: Decimal) -> Decimal:
        """Return by what the printed numbers are multiplied to be in the measure of an item or indicator."""
        if candidate.kind == "item":
            return scale
        per = _RATE_MEASURES.get(measure)
        return Decimal(self.per[candidate.code]) / per if per else Decimal(1)

    def scale(self, candidate: Candidate, measure: str, scale: Decimal) -> Decimal:
        """Return by what the numbers of an item are multiplied where the table, not its header, states a measure."""
        money = candidate.kind == "item" and self.measures.get(candidate.code) == "yuan"
        people = candidate.kind == "item" and self.measures.get(candidate.code) == "person"
        return scale if (measure == "元" and money) or (measure == "人" and people) else Decimal(1)

    def items_of(self, indicator: str) -> tuple[str, str]:
        """Return the items an indicator is the quotient of; "" where it is not of one item."""
        terms = self.terms.get(indicator, ("", ""))
        return _single(terms[0]), _single(terms[1])


def _single(formula: str) -> str:
    try:
        used = formulas.items(formulas.parse(formula)) if formula else set()
    except formulas.FormulaError:
        return ""
    return next(iter(used)) if used == {formula.strip()} else ""


def _ratio(matcher: SequenceMatcher[str], name: str) -> float:
    matcher.set_seq1(name)
    if matcher.real_quick_ratio() < LIKE or matcher.quick_ratio() < LIKE:
        return 0.0
    return matcher.ratio()
