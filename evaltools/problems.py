"""Problems found in what somebody sent: collected, then said all at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

import pandas as pd

from evaltools.wording import word

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
        lines = [f"{row.where}: {row.sentence_en}" for row in problems.itertuples()]
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type[InputError], tuple[pd.DataFrame]]:
        # Exceptions cross process borders by their arguments; ours is the frame, not the message.
        return InputError, (self.problems,)


class ProblemList:
    """Problems gathered while reading, so that the sender hears of all of them at once."""

    def __init__(self) -> None:
        self._rows: list[dict[str, str]] = []

    def __len__(self) -> int:
        return len(self._rows)

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

    def say(self, key: str, *, rule: str = "", where: str, level: str = "error", **values: object) -> None:
        """Note a problem whose sentences are the words `findings.<key>`.

        `subject`, `evidence`, `likely`, `period`, `area` and `unit` fill both the columns and the sentences.
        """
        columns = {name: str(values[name]) for name in COLUMNS if name in values}
        texts = {name: value if isinstance(value, int) else str(value) for name, value in values.items()}
        self.add(
            rule=rule or key,
            where=where,
            level=level,
            sentence_zh=word(f"findings.{key}", "zh", **texts),
            sentence_en=word(f"findings.{key}", "en", **texts),
            **columns,
        )

    def extend(self, problems: pd.DataFrame) -> None:
        """Take over the rows of another frame of problems."""
        self._rows.extend({str(k): str(v) for k, v in row.items()} for row in problems.to_dict("records"))

    def frame(self) -> pd.DataFrame:
        """All problems so far, in the order they were found."""
        return pd.DataFrame(self._rows, columns=COLUMNS, dtype=str)

    def raise_if_any(self) -> None:
        """Raise `InputError` with everything noted, if anything of level error was."""
        frame = self.frame()
        if (frame["level"] == "error").any():
            raise InputError(frame)


def where_in(text: str, lang: str) -> str:
    """Return a place such as "facts.csv row 12 column value" in the reader's language."""
    text = re.sub(r" row (\d+)", lambda m: word("findings.at_row", lang, row=m[1]), text)
    return re.sub(r" column ([^\s;]+)", lambda m: word("findings.at_column", lang, column=m[1]), text)


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the valid names most like `name`, best first, comma separated; "" when none is near."""
    return ", ".join(get_close_matches(name, sorted(valid), n=3, cutoff=0.5))
