"""Problems found in what somebody sent: collected, then said all at once."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

import pandas as pd

from evaltools.wording import LANGUAGES, word

LANGUAGE = "EVALTOOLS_LANG"
"""Environment variable by which a run tells its notebooks the language of the site, so that errors are said in it."""

LISTED = 1000
"""Problems of one kind in one file that are listed each; how many more there are is said once."""

SHOWN = 10
"""Problems of one kind in one file that an error message or a refused run shows."""

_LONGEST = 300
_LOSING_ROWS = ("ragged_row", "open_quote")

COLUMNS = [
    "level",
    "rule",
    "period",
    "area",
    "unit",
    "subject",
    "where",
    "evidence",
    "likely",
    "sentence_zh",
    "sentence_en",
]
"""Columns of every frame of findings, and of `InputError.problems`. All are text."""

LEVELS = ("error", "warning", "note")
"""error: cannot be true or cannot be read; warning: look at it; note: for information."""


class InputError(ValueError):
    """What was given cannot be used. `problems` lists everything that is wrong, one row each."""

    def __init__(self, problems: pd.DataFrame) -> None:
        self.problems = problems
        lang = os.environ.get(LANGUAGE, "")
        pairs = brief(problems, lang if lang in LANGUAGES else "en")
        super().__init__("\n".join(f"{where}: {sentence}" for where, sentence in pairs))

    def __reduce__(self) -> tuple[type[InputError], tuple[pd.DataFrame]]:
        # Exceptions cross process borders by their arguments; ours is the frame, not the message.
        return InputError, (self.problems,)


def nothing_passes(rule: str, where: str) -> bool:
    """Let every error refuse what was given."""
    return False


class ProblemList:
    """Problems gathered while reading, so that the sender hears of all of them at once.

    `findings` are rules that tell of contradictions in what was sent: said, whatever their level, and no reason not
    to read it.
    """

    def __init__(self) -> None:
        self._rows: list[dict[str, str]] = []
        self._alike: Counter[tuple[str, str, str]] = Counter()
        self.findings: set[str] = set()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(row["level"] == "error" for row in self._rows)

    def sound_since(self, before: int, passes: Callable[[str, str], bool] = nothing_passes) -> bool:
        """Whether nothing that refuses was noted after the first `before` problems; see `raise_if_any`."""
        errors = (row for row in self._rows[before:] if row["level"] == "error" and row["rule"] not in self.findings)
        return all(passes(row["rule"], row["where"]) for row in errors)

    def lost_rows(self, file: str) -> bool:
        """Whether rows of a file are known to be missing from what was read of it."""
        return any(rule in _LOSING_ROWS and where == file for rule, _, where in self._alike)

    def add(
        self,
        *,
        rule: str,
        where: str,
        sentence_zh: str,
        sentence_en: str,
        level: str = "error",
        subject: str = "",
        evidence: str = "",
        likely: str = "",
        period: str = "",
        area: str = "",
        unit: str = "",
    ) -> None:
        """Note one problem."""
        values = locals()
        self._rows.append({column: str(values[column]) for column in COLUMNS})

    def say(
        self,
        key: str,
        *,
        rule: str = "",
        where: str,
        level: str = "error",
        topic: str = "findings",
        **values: object,
    ) -> None:
        """Note a problem whose sentences are the words `<topic>.<key>`.

        `subject`, `evidence`, `likely`, `period`, `area` and `unit` fill both the columns and the sentences. A value
        that is itself a word is given as the pair of its texts in `LANGUAGES`. Of one kind of problem in one file,
        `LISTED` are noted each and the others counted.
        """
        rule, where = rule or key, visible(where)
        alike = (rule, level, file_of(where))
        self._alike[alike] += 1
        if self._alike[alike] > LISTED:
            return
        columns = {name: visible(str(values[name])) for name in COLUMNS if name in values}
        said = {f"sentence_{lang}": word(f"{topic}.{key}", lang, **in_language(values, lang)) for lang in LANGUAGES}
        self.add(rule=rule, where=where, level=level, **said, **columns)

    def extend(self, problems: pd.DataFrame) -> None:
        """Take over the rows of another frame of problems."""
        self._rows.extend({str(k): str(v) for k, v in row.items()} for row in problems.to_dict("records"))

    def frame(self) -> pd.DataFrame:
        """All problems so far, in the order they were found."""
        rows = list(self._rows)
        for (rule, level, file), found in self._alike.items():
            if found > LISTED:
                texts = {f"sentence_{lang}": word("findings.alike", lang, n=found - LISTED) for lang in LANGUAGES}
                rows.append(dict.fromkeys(COLUMNS, "") | {"rule": rule, "level": level, "where": file} | texts)
        return pd.DataFrame(rows, columns=COLUMNS, dtype=str)

    def raise_if_any(self, passes: Callable[[str, str], bool] = nothing_passes) -> None:
        """Raise `InputError` with everything noted, if anything of level error was.

        But not for the rules in `findings`, nor for an error that `passes`, given its rule and where it is.
        """
        if not self.sound_since(0, passes):
            raise InputError(self.frame())


def in_language(values: Mapping[str, object], lang: str) -> dict[str, object]:
    """Return what fills a sentence: pairs in one language, places (`first`) too, texts with nothing unseen in them."""
    found: dict[str, object] = {}
    for name, value in values.items():
        value = value[LANGUAGES.index(lang)] if isinstance(value, tuple) else value
        text = value if isinstance(value, int) else visible(str(value))
        found[name] = where_in(str(text), lang) if name == "first" else text
    return found


def visible(text: str) -> str:
    """Return a text with what cannot be seen in it written out, and not too long to be read.

    A cell may hold anything: what would clear a terminal, turn the line round, or look like nothing at all.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST // 2] + "…"


def where_in(text: str, lang: str) -> str:
    """Return a place such as "facts.csv row 12 column value" in the reader's language."""
    text = re.sub(r" row (\d+)", lambda m: word("findings.at_row", lang, row=m[1]), text)
    text = re.sub(r" line (\d+)", lambda m: word("findings.at_line", lang, line=m[1]), text)
    return re.sub(r" column ([^\s;]+)", lambda m: word("findings.at_column", lang, column=m[1]), text)


def brief(problems: pd.DataFrame, lang: str) -> list[tuple[str, str]]:
    """Return place and sentence of the problems in a language; many of one kind in one file are told by the first."""
    found: list[tuple[str, str]] = []
    alike: Counter[tuple[str, str]] = Counter()
    for rule, where, sentence in zip(problems["rule"], problems["where"], problems[f"sentence_{lang}"], strict=True):
        alike[rule, file_of(where)] += 1
        if alike[rule, file_of(where)] <= SHOWN:
            found.append((where_in(where, lang), sentence))
    for (_, file), count in alike.items():
        if count > SHOWN:
            found.append((file, word("findings.more", lang, n=count - SHOWN)))
    return found


def file_of(where: str) -> str:
    """Return the file that a place lies in: `facts.csv` of `facts.csv row 2`, `慢病.xlsx` of `慢病.xlsx!Sheet1!C4`."""
    return re.split(r" (?:row|line|column) |!", where, maxsplit=1)[0]


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the valid names most like `name`, best first, comma separated; "" when none is near."""
    return ", ".join(get_close_matches(name[:_LONGEST], sorted(valid), n=3, cutoff=0.5))
