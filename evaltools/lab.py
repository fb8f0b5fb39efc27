"""`evaltools lab`: JupyterLab on working copies of the notebooks, set to one county."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evaltools import console, manifests, notebook_files, plans
from evaltools.datasets import STANDARDS, standard_path
from evaltools.notebook_parameters import Value, parameters_of, with_values
from evaltools.plans import Page, Plan
from evaltools.wording import word

WRITTEN = ".evaltools.json"
"""Beside the copies: the digest of each as it was written, by which an edited one is known."""


@dataclass(frozen=True)
class Copies:
    """Working copies in a folder: all of them, those written, and those left alone because somebody has edited them."""

    folder: Path
    names: tuple[str, ...]
    written: tuple[str, ...]
    kept: tuple[str, ...]


def working_copies(plan: Plan, area: str, root: Path, notebooks: Sequence[str] = ()) -> Copies:
    """Write the notebooks of an area, and of the region, with their parameters set to it; or only some, by name.

    A copy that has been edited is never overwritten. One that was only run is replaced when there is a newer
    version of the notebook, and left with its outputs when there is not. A copy with other parameters (another stage,
    or changed by hand) is left as well: the new one gets a number, as `04_county_report-2.ipynb`.
    """
    folder = root / plan.site.parent.name / plan.site.name / area
    names, written, kept = [], [], []
    digests = _written(folder)
    for page in plan.pages:
        if page.work.area not in (area, "") or (notebooks and page.notebook.name not in notebooks):
            continue
        notebook = _set(page)
        path = next(path for path in _places(folder, page.notebook.name) if _is_free(path, notebook))
        name, digest = path.name, notebook_files.source_digest(notebook)
        names.append(name)
        if path.is_file():
            found = _digest(path)
            if found != digests.get(name):
                kept.append(name)
                continue
            if found == digest:
                continue
        manifests.write(path, notebook_files.text_of(notebook))
        digests[name] = digest
        written.append(name)
    manifests.write(folder / WRITTEN, json.dumps(digests, indent=1, sort_keys=True) + "\n")
    return Copies(folder, tuple(names), tuple(written), tuple(kept))


def lab(
    data: str = "example",
    period: str | None = None,
    area: str | None = None,
    lang: str | None = None,
    out: Path | str | None = None,
    port: int = 8888,
    browser: bool = True,
    notebooks: Sequence[str] = (),
    standard: str | None = None,
    stage: str = "final",
    audience: str = "internal",
    parameters: Mapping[str, Value] | None = None,
) -> int:
    """Open JupyterLab on the working copies of an area, on 127.0.0.1 with a token; returns when it is stopped.

    area: the first of the dataset if None, none for notebooks of the region alone. out: the folder that holds the
    copies, `reports/lab` in home if None. notebooks: all if empty; a single one is opened at once. The rest as for
    `runs.run`, so that what `reopen.command` gives opens the state that a page was made in. Raises InputError when
    what was asked for is not there.
    """
    areas, own = (area,) if area else (), dict(parameters or {})
    plan = plans.make(plans.Request(data, period, areas, notebooks, standard, stage, lang, None, own, audience))
    of_region = bool(notebooks) and all(plan.notebooks[name].scope == "region" for name in notebooks)
    chosen = area or ("" if of_region else next(iter(plan.areas), ""))
    copies = working_copies(plan, chosen, Path(out) if out else plan.home / "reports" / "lab", notebooks)
    for name in copies.kept:
        console.say(word("run.lab_kept", plan.lang, name=name))
    console.say(word("run.lab_copies", plan.lang, folder=copies.folder))
    first = f"/tree/{quote(copies.names[0])}" if len(copies.names) == 1 else ""
    return _serve(copies.folder, _environment(plan), plan.lang, port, browser, first)


def _places(folder: Path, name: str) -> Iterator[Path]:
    yield folder / f"{name}.ipynb"
    for number in count(2):
        yield folder / f"{name}-{number}.ipynb"


def _is_free(path: Path, notebook: Any) -> bool:
    """Whether the copy of a notebook may lie here: nothing is here yet, or a copy with the same parameters."""
    if not path.is_file():
        return True
    asked = _parameters(notebook)
    try:
        here = _parameters(notebook_files.content_of(path))
    except (OSError, ValueError, SyntaxError):
        return False
    return all(here[name] == asked[name] for name in asked.keys() & here.keys())


def _parameters(notebook: Mapping[str, Any]) -> dict[str, Value]:
    """What the parameters cell of a notebook sets."""
    cell = notebook_files.parameters_cell(notebook)
    found = parameters_of(cell["source"]) if cell is not None else {}
    return {name: parameter.default for name, parameter in found.items()}


def _set(page: Page) -> Any:
    """The page's notebook with its parameters as the defaults of its parameters cell."""
    notebook = notebook_files.read(page.notebook.path)
    cell = notebook_files.parameters_cell(notebook)
    if cell is not None:
        cell.source = with_values(cell.source, page.work.parameters)
    return notebook


def _written(folder: Path) -> dict[str, str]:
    try:
        content = json.loads((folder / WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _digest(path: Path) -> str:
    try:
        return notebook_files.source_digest(notebook_files.content_of(path))
    except (OSError, ValueError):
        return ""


def _environment(plan: Plan) -> dict[str, str]:
    """What kernels need to find the dataset, its standard and this interpreter, wherever the copies lie."""
    found = {
        "EVALTOOLS_HOME": str(plan.home),
        "EVALTOOLS_DATA": str(plan.dataset.parent),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONUTF8": "1",
    }
    if plan.standard is not None and plan.standard != standard_path(plan.standard.stem, plan.dataset):
        found[STANDARDS] = str(plan.standard.resolve().parent)
    return found


def _serve(folder: Path, environment: Mapping[str, str], lang: str, port: int, browser: bool, first: str = "") -> int:
    """Run JupyterLab in this process until it is stopped; first: what it opens with, as `/tree/NAME.ipynb`."""
    os.environ.update(environment)
    token = secrets.token_hex(24)
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    server = LabApp.initialize_server(
        [
            f"--ServerApp.root_dir={folder}",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            f"--ServerApp.open_browser={browser}",
            f"--LabApp.default_url=/lab{first}",
            "--ServerApp.allow_remote_access=False",
            # in this process only; a token on a command line could be read by every user of the machine
            f"--IdentityProvider.token={token}",
            "--KernelManager.transport_encryption=auto",
            # nothing from the network
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            "--ServerApp.log_level=ERROR",
            "--LabApp.log_level=ERROR",
            # on loopback and behind a token, root of a container may use it too
            "--ServerApp.allow_root=True",
            "--ServerApp.answer_yes=True",
        ]
    )

    def announce() -> None:
        console.say(word("run.lab_address", lang, address=f"{server.connection_url}lab{first}?token={token}"))
        console.say(word("run.lab_stop", lang))

    # the server takes its port in the same loop, before this
    server.io_loop.add_callback(announce)
    server.start()
    return 0
