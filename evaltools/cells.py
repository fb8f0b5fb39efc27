"""What one cell of a return says: a number, a bound, a word that stands for something, or nothing that can be read."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from evaltools.problems import ProblemList
from evaltools.sheets import Value

LEVELS: Mapping[str, str] = {"ambiguous_word": "warning", "not_a_number": "error", "date_made": "error"}
"""How grave each note of a `Reading` is."""


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    value: the number, NaN where there is none (then `state` says why) or where the cell only gives a bound in words.
    bound: what kind of bound the number is. percent: its sign, the number being as printed (98.5 for 98.5%).
    tolerance: half of the last digit printed, 500 for 3.5万. note: a key of words/cells.yaml, to be said by `say`.
    unit: what stands behind the number (人, 元); the number is in that unit (35000 for 3.5万元).
    """

    value: float = math.nan
    state: str = ""
    bound: str = ""
    percent: str = ""
    tolerance: float = 0.0
    note: str = ""
    unit: str = ""


def read_cell(raw: Value, number_format: str, words: Mapping[str, tuple[str, bool]]) -> Reading:
    """Return what a cell says.

    number_format: that of the cell, "" where it has none. words: what a text that is no number means, stripped and
    in half-width characters: text -> (zero, missing or not_applicable; whether it is ambiguous).
    """
    text = "" if raw is None else re.sub(r"\s", "", unicodedata.normalize("NFKC", str(raw)))
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return Reading(float(raw), tolerance=0.5)
    if text in words:
        meaning, ambiguous = words[text]
        note = "ambiguous_word" if ambiguous else ""
        return Reading(0.0, note=note) if meaning == "zero" else Reading(state=meaning, note=note)
    try:
        return Reading(float(text.replace(",", "")), note="text_number")
    except ValueError:
        return Reading(state="missing", note="not_a_number" if text else "")


def say(reading: Reading, raw: Value, where: str, problems: ProblemList) -> None:
    """Say the note of a reading, if it has one, of the cell at `where`."""
    if reading.note:
        level = LEVELS.get(reading.note, "note")
        problems.say(reading.note, where=where, level=level, topic="cells", found=raw, read=reading.value)
