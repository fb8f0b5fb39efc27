"""`evaltools new`: a notebook of one's own, which runs as it is and which the next run makes a page of."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

from evaltools import datasets, manifests, notebook_files
from evaltools.problems import InputError, ProblemList

LONGEST = 40
"""Characters of a name: it stands in the path of every page."""

TAKEN = ("index", "manifest", "tables")
"""What else lies in the folder of the pages."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])")
_STEP = 10


def write(name: str, scope: str = "area", title_zh: str | None = None, title_en: str | None = None) -> Path:
    """Write `notebooks/NAME.ipynb` in home and return its path.

    name: 1 to 40 letters a-z, digits, `_` and `-`, the first a letter or digit. scope: `area` for a page a county,
    `region` for one page. Titles: of the page; made from the name if not given. The page comes after all others.
    Raises InputError for a name that cannot be used or is in use (where the system tells no case apart, too), and
    where the file cannot be written; ValueError for another scope.
    """
    if scope not in notebook_files.SCOPES:
        raise ValueError(f"scope is one of {', '.join(notebook_files.SCOPES)}; found {scope!r}")
    problems = ProblemList()
    folder = datasets.home() / "notebooks"
    plain = name.removesuffix(".ipynb")
    if not _NAME.fullmatch(plain) or len(plain) > LONGEST or plain in TAKEN or _DEVICE.fullmatch(plain):
        taken = ", ".join(TAKEN)
        problems.say("name", where="NAME", topic="new_notebook", found=name, most=LONGEST, taken=taken)
    elif plain in {path.stem.lower() for path in folder.glob("*.ipynb")}:
        problems.say("exists", where=f"notebooks/{plain}.ipynb", topic="new_notebook", found=plain)
    problems.raise_if_any()
    titles = {"zh": _title(title_zh, plain), "en": _title(title_en, plain)}
    path = folder / f"{plain}.ipynb"
    try:
        manifests.write(path, text(plain, scope, titles, _after_all(folder)))
    except OSError as error:
        where = f"notebooks/{path.name}"
        problems.say("cannot_write", where=where, topic="new_notebook", evidence=error.strerror or error)
        raise InputError(problems.frame()) from None
    return path


def text(name: str, scope: str, titles: dict[str, str], order: float) -> str:
    """Return the text of the notebook: `templates/notebook/<scope>.ipynb` with its name and titles filled in.

    Tables and charts begin with the notebook's name, so that none is called as one of another page.
    """
    template = files("evaltools") / "templates" / "notebook" / f"{scope}.ipynb"
    content = json.loads(template.read_text(encoding="utf-8"))
    for at, cell in enumerate(content["cells"]):
        cell["id"] = f"{name}-{at:02d}"
        is_note = cell["cell_type"] == "markdown"
        mark, filled = ("TITLE_EN", titles["en"]) if is_note else ("TABLE_", name.replace("-", "_") + "_")
        cell["source"] = [line.replace(mark, filled) for line in cell["source"]]
    about = {"scope": scope, "order": order, "title_zh": titles["zh"], "title_en": titles["en"]}
    content["metadata"]["evaltools"] = about
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _title(given: str | None, name: str) -> str:
    """Return the title that was given, on one line; else the name without the number it begins with, as words."""
    words = " ".join((given or "").split())
    if words:
        return words
    plain = re.sub(r"[_-]+", " ", re.sub(r"^\d+[_-]+", "", name)).strip() or name
    return plain[0].upper() + plain[1:]


def _after_all(folder: Path) -> float:
    """Return an order behind that of every notebook there is."""
    known = notebook_files.discover(folder, ProblemList()).values()
    last = max((file.order for file in known), default=0)
    return int(last // _STEP + 1) * _STEP
