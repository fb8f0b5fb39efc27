"""What a workbook that holds a scoring standard consists of: its sheets, their columns, and how cells are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from evaltools import standards
from evaltools.rule_model import Argument
from evaltools.rules import RULES
from evaltools.wording import topic, word

NESTED: Mapping[str, tuple[str, ...]] = {
    "rounding": standards.ROUNDING_KEYS,
    "roll_up": standards.ROLL_UP_KEYS,
    "authenticity": standards.AUTHENTICITY_KEYS,
    standards.BONUS: tuple(key for key in standards.BONUS_KEYS if key != "lines"),
    standards.PENALTIES: tuple(key for key in standards.PENALTY_KEYS if key != "lines"),
}
"""Keys of a standard that hold keys themselves; in the sheet they are one row each, such as `rounding.digits`."""

TEXTS = frozenset(
    ("id", "name_zh", "name_en", "source", "previous", "item", "section", "indicator", "definition", "gate", "grade")
)
"""Keys whose texts stay as they are typed; of any other, full-width characters are read as their plain forms."""

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "standard": (
        *("id", "name_zh", "name_en", "source", "mark", "total", "rounding", "missing", "not_applicable"),
        *("grades", "sections"),
    ),
    "sections": ("id", "name_zh", "name_en", "points", "lines"),
    "lines": ("id", "rule", "points", "source", "mark"),
    "grades": ("id", "name_zh", "name_en", "from"),
    "vetoes": ("id", "name_zh", "name_en", "source", "mark", "effect"),
    "rounding": ("digits", "mode", "of"),
    "roll_up": ("by",),
    "authenticity": ("tolerance",),
    standards.BONUS: ("cap", "above_total", "lines"),
    standards.PENALTIES: ("lines",),
}
"""What every mapping of its kind must state."""

SHEETS = ("standard", "sections", "lines", "grades", "vetoes")
KEY, VALUE, NOTE, SECTION = "key", "value", "note", "section"

CHOICES: Mapping[str, tuple[str, ...]] = {
    "mark": standards.MARKS,
    "objects": standards.OBJECTS,
    "roll_up.by": standards.ROLL_UPS,
    "rounding.mode": standards.MODES,
    "rounding.of": standards.ROUND_OF,
    "missing": standards.MISSING,
    "not_applicable": standards.NOT_APPLICABLE,
    "bonus.above_total": standards.YES_NO,
    "direction": standards.DIRECTIONS,
    "effect": standards.EFFECTS,
}
"""Keys whose value is one of a few words, beside those of the rules."""

SEPARATOR = "; "

_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
_TAIL = re.compile(r"(?:^|[^a-z0-9_.])([a-z][a-z0-9_.]*)\)?$")
_DECIMALS = re.compile(r"[0#]\.(0+)")


def flat_keys() -> tuple[str, ...]:
    """Return the keys of the sheet `standard`, one row each."""
    held = ("sections", "grades", "vetoes")
    return tuple(
        name
        for key in standards.STANDARD_KEYS
        if key not in held
        for name in ([f"{key}.{part}" for part in NESTED[key]] if key in NESTED else [key])
    )


def arguments() -> dict[str, Argument]:
    """Return what the rules there are may ask of a line, each once, in the order of the rules."""
    return {name: argument for rule in RULES.values() for name, argument in rule.arguments.items()}


def columns(sheet: str) -> tuple[str, ...]:
    """Return the columns of a sheet: `standard`, `sections`, `lines`, `grades` or `vetoes`."""
    return {
        "standard": (KEY, VALUE, NOTE),
        "sections": tuple(key for key in standards.SECTION_KEYS if key != "lines"),
        "lines": (SECTION, *standards.LINE_KEYS, *arguments()),
        "grades": standards.GRADE_KEYS,
        "vetoes": standards.VETO_KEYS,
    }[sheet]


def choices(key: str) -> tuple[str, ...]:
    """Return the words that may stand for a key; () where it is no choice."""
    known = arguments()
    return CHOICES.get(key, known[key].allowed if key in known and known[key].kind == "choice" else ())


def described(key: str, lang: str) -> str:
    """Return what a key means, with the words it may have; "" for a key that is not known."""
    words = topic("standard_sheets")
    name = key if f"help_{key}" in words else key.rpartition(".")[2]
    said = [word(f"standard_sheets.help_{name}", lang)] if f"help_{name}" in words else []
    listed = [
        f"{code} {word(f'standard_sheets.choice_{code}', lang)}" if f"choice_{code}" in words else code
        for code in choices(key)
    ]
    return "\n".join([*said, *listed])


def header(key: str, kind: str = "key") -> str:
    """Return what a column (or kind `sheet`) is called: its Chinese name and the key; the key alone if it has none."""
    name = f"{kind}_{key}"
    return f"{word(f'standard_sheets.{name}', 'zh')} {key}" if name in topic("standard_sheets") else key


def half_width(text: str) -> str:
    """Return a text with full-width letters, digits and signs as plain ones, without spaces at its ends."""
    return text.translate(_WIDTH).strip()


def key_of(text: str, allowed: Iterable[str], kind: str = "key") -> str:
    """Return the key that a header says: `编号 id`, `编号` or `id`; the text itself if it says none of `allowed`."""
    plain = " ".join(half_width(text).casefold().split())
    tail = _TAIL.search(plain)
    allowed = tuple(allowed)
    for key in allowed:
        if plain == key or (tail and tail[1] == key):
            return key
    own = {header(key, kind).rpartition(" ")[0].translate(_WIDTH).casefold(): key for key in allowed}
    return own.get(plain) or (tail[1] if tail else plain)


def table_text(entries: Iterable[Mapping[str, str]], names: tuple[str, ...]) -> str:
    """Return the entries of a table as a cell holds them: `to 60: 0; from 60 to 90: 2; from 90: 5`."""
    texts = []
    for entry in entries:
        ends = " ".join(f"{name} {entry[name]}" for name in names[:-1] if name in entry)
        texts.append(f"{ends}: {entry[names[-1]]}" if ends else entry[names[-1]])
    return SEPARATOR.join(texts)


def number_text(value: float, form: str) -> str:
    """Return a number cell as text: never rounded, with the zeros and the percent sign its format shows."""
    shown = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", form).partition(";")[0]
    number = Decimal(format(value, ".15g"))
    percent = "%" in shown
    text = format(number * 100 if percent else number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    zeros = _DECIMALS.search(shown)
    if zeros and not re.search("[Ee][+-]", shown):
        whole, _, decimals = text.partition(".")
        text = f"{whole}.{decimals.ljust(len(zeros[1]), '0')}"
    return f"{text}%" if percent else text
