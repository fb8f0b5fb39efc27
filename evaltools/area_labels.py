"""What areas are called where many stand together: names that cannot be confused, and lists that end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from evaltools.datasets import Data
from evaltools.narrative import joined
from evaltools.wording import word

# marks that turn the direction of all the text after them
_DIRECTIONS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")

MOST = 12
"""Names a sentence lists; a table has the others."""


def labels(data: Data, lang: str) -> dict[str, str]:
    """Return code -> name of every area; of areas with one name each has its code behind it.

    Marks that change the direction of what follows are left out: a name must not turn a sentence round.
    """
    names = {
        str(row["area"]): _DIRECTIONS.sub("", str(row[f"name_{lang}"] or row["name_zh"] or row["area"]))
        for row in data.areas.to_dict("records")
    }
    count = Counter(names.values())
    return {
        code: word("region.with_code", lang, name=name, code=code) if count[name] > 1 else name
        for code, name in names.items()
    }


def listed(names: Iterable[str], lang: str, most: int = MOST) -> str:
    """Return names as a list in a sentence; of more than `most` the first, and a word that there are more."""
    given = list(names)
    text = joined(given[:most], lang)
    return word("region.and_others", lang, names=text) if len(given) > most else text
