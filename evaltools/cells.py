"""What one cell of a return says: a number, a bound, a word that stands for something, or nothing that can be read."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache

from openpyxl.styles.numbers import is_date_format

from evaltools.cell_texts import plain, whole_of
from evaltools.problems import ProblemList
from evaltools.sheet_model import TEXT, Value
from evaltools.tables import LARGEST
from evaltools.wording import LANGUAGES, word

LEVELS: Mapping[str, str] = {
    "text_number": "note",
    "multiplied": "note",
    "footnote": "note",
    "bound": "warning",
    "about": "warning",
    "ambiguous_word": "warning",
    "chinese_numeral": "warning",
    "scientific": "warning",
    "negative_in_brackets": "warning",
    "too_long": "error",
    "date_made": "error",
    "comma": "error",
    "range": "error",
    "fraction": "error",
    "ditto": "error",
    "error_value": "error",
    "one_or_dash": "error",
    "truth_value": "error",
    "not_a_number": "error",
}
"""How grave each note of a `Reading` is; each is a key of words/cells.yaml.

An error leaves no value, save `too_long`: there the number stands as the file has it.
"""

_LONGEST = 200


@dataclass(frozen=True)
class Reading:
    """What a cell says.

    value: the number, NaN where there is none, which `state` then says (missing, not_applicable).
    bound: how the number bounds what it stands for (>=, >, <=, <, about); "" where it is the value itself.
    percent: % or ‰ where the cell says so, the number being as printed: 98.5 for 98.5%, and for 0.985 shown as a
        percentage.
    tolerance: half of the last digit printed: 0.05 for 98.5, 500 for 3.5万; 0 for a word that means zero.
    unit: what stands behind the number (人, 元), which is in that unit: 35000 元 for 3.5万元.
    note: a key of `LEVELS`, "" where nothing need be said.
    """

    value: float = math.nan
    state: str = ""
    bound: str = ""
    percent: str = ""
    tolerance: float = 0.0
    unit: str = ""
    note: str = ""


def read_cell(raw: Value, number_format: str, words: Mapping[str, tuple[str, bool]]) -> Reading:
    """Return what a cell says; a number only where the whole of it is one.

    number_format: that of the cell, "" where it has none, `text` of a file that knows no numbers (Word, HTML), where
    a number in text is as it should be. words: what a text that is no number means, whatever its width, case and
    spaces: text -> (zero, missing or not_applicable; whether it is ambiguous). A blank that no word tells is missing.
    """
    if isinstance(raw, bool):
        return _refused("truth_value")
    if isinstance(raw, datetime | date | time):
        return _refused("date_made")
    if isinstance(raw, int | float):
        return _stored(float(raw), number_format)
    if len(raw or "") > _LONGEST:
        return _refused("not_a_number")
    text = plain(raw or "")
    if (found := _meaning(text, words)) is not None:
        meaning, ambiguous = found
        note = "ambiguous_word" if ambiguous else ""
        return Reading(0.0, note=note) if meaning == "zero" else Reading(state=meaning, note=note)
    if not text:
        return Reading(state="missing")
    reading = _written(text)
    return replace(reading, note="") if reading.note == "text_number" and number_format == TEXT else reading


def say(reading: Reading, raw: Value, where: str, problems: ProblemList) -> None:
    """Say the note of a reading of the cell at `where`, if it has one."""
    if reading.note:
        shown = format(raw, ".15g") if isinstance(raw, float) else str(raw)
        if isinstance(raw, bool):
            shown = shown.upper()  # as spreadsheets show it
        elif isinstance(raw, datetime) and raw.time() == time():
            shown = str(raw.date())
        if math.isnan(reading.value):
            read = tuple(word(f"cells.read_{reading.state}", lang) for lang in LANGUAGES)
        else:
            read = (format(Decimal(format(reading.value, ".15g")), "f") + reading.percent,) * len(LANGUAGES)
        level = LEVELS[reading.note]
        problems.say(reading.note, where=where, level=level, topic="cells", found=shown, read=read)


def _refused(note: str) -> Reading:
    return Reading(state="missing", note=note)


def _stored(number: float, number_format: str) -> Reading:
    """Return what a number says that the file holds as one."""
    if not math.isfinite(number):
        return _refused("not_a_number")
    kind, percent, decimals = _shown(number_format)
    if kind == "date":
        return _refused("date_made")
    exact = Decimal(format(number, ".15g"))
    if kind == "scaled":
        exact *= 100
    digits = max(-int(exact.normalize().as_tuple().exponent), 0) if decimals is None else decimals
    # No one prints more than a float holds: what is finer is the dust of a computation.
    tolerance = max(0.5 * 10.0**-digits, abs(float(exact)) * 1e-12)
    note = "too_long" if abs(number) >= LARGEST else ""
    return Reading(float(exact) + 0.0, percent=percent, tolerance=tolerance, note=note)


@lru_cache(maxsize=1024)
def _shown(number_format: str) -> tuple[str, str, int | None]:
    """Return how a format shows a number: (date, scaled by its sign, or ""; its sign; its decimals, None for any)."""
    first = number_format.partition(";")[0]
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', "", first)
    if is_date_format(number_format):
        return "date", "", None
    percent = next((sign for sign in "%‰" if sign in first.replace("％", "%")), "")
    match = re.search(r"[0#?](?:\.([0#?]*))?(?![0#?,.])", bare)
    decimals = None if match is None or "/" in bare or "E" in bare.upper() else len((match[1] or "").rstrip("#"))
    # Spreadsheets multiply by what % says, but know no ‰.
    return "scaled" if percent == "%" and "%" in bare else "", percent, decimals


def _meaning(text: str, words: Mapping[str, tuple[str, bool]]) -> tuple[str, bool] | None:
    """Return what a word means: as it stands, in any width and case, or its sign repeated (——, //)."""
    if text in words:
        return words[text]
    for sought in (text.casefold(), re.sub(r"(\W)\1+", r"\1", text).casefold()):
        for listed, meaning in words.items():
            if plain(listed).casefold() == sought:
                return meaning
    return None


def _written(text: str) -> Reading:
    """Return what a text says that is no word."""
    note, found = whole_of(text)
    if found is None:
        return _refused(note)
    number, exponent = found.number, found.exponent
    if not abs(number) < Decimal("1e300"):
        return _refused("not_a_number")
    return Reading(
        float(number) + 0.0,
        bound=found.bound,
        percent=found.percent,
        tolerance=float(Decimal(5).scaleb(exponent - 1)),
        unit=found.unit,
        note="too_long" if abs(number) >= LARGEST else note,
    )
