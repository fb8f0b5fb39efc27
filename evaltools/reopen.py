"""The one command that opens a page's notebook again, with the page's parameters, in JupyterLab."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

_OPTIONS = ("data", "period", "area")
_UNLESS = {"stage": "final", "standard": "", "audience": "internal", "lang": ""}
"""Options that are left out where they say what goes without saying."""


def command(parameters: Mapping[str, object], notebook: str) -> str:
    """Return `evaltools lab …` for a notebook (its name, without the ending) and the parameters it was run with.

    Parameters that are "" or missing are left to their defaults, so whoever calls leaves out a standard or a
    language that is the dataset's own; those that have no option of their own follow as `--parameter NAME=VALUE`.
    """
    given = {name: str(value) for name, value in parameters.items() if value is not None}
    words = ["evaltools", "lab"]
    for name in _OPTIONS:
        if given.get(name):
            words += [f"--{name}", given[name]]
    words += ["--notebook", notebook]
    for name, usual in _UNLESS.items():
        if given.get(name, usual) not in ("", usual):
            words += [f"--{name}", given[name]]
    for name in sorted(given.keys() - {*_OPTIONS, *_UNLESS}):
        words += ["--parameter", f"{name}={given[name]}"]
    return shlex.join(words)
