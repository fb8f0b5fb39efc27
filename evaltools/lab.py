"""`evaltools lab`: JupyterLab on working copies of the notebooks, set to one county."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaltools import console, manifests, notebook_files, plans
from evaltools.notebook_parameters import with_values
from evaltools.plans import Page, Plan
from evaltools.wording import word

WRITTEN = ".evaltools.json"
"""Beside the copies: the digest of each as it was written, by which an edited one is known."""


@dataclass(frozen=True)
class Copies:
    """Working copies in a folder: those written, and those left alone because somebody has edited them."""

    folder: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]


def working_copies(plan: Plan, area: str, root: Path) -> Copies:
    """Write the notebooks of an area, and of the region, with their parameters set to it.

    A copy that has been edited is never overwritten. One that was only run is replaced when there is a newer
    version of the notebook, and left with its outputs when there is not.
    """
    folder = root / plan.site.parent.name / plan.site.name / area
    written, kept = [], []
    digests = _written(folder)
    for page in plan.pages:
        if page.work.area not in (area, ""):
            continue
        name = page.notebook.path.name
        path, notebook = folder / name, _set(page)
        digest = notebook_files.source_digest(notebook)
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
    return Copies(folder, tuple(written), tuple(kept))


def lab(
    data: str = "example",
    period: str | None = None,
    area: str | None = None,
    lang: str | None = None,
    out: Path | str | None = None,
    port: int = 8888,
    browser: bool = True,
) -> int:
    """Open JupyterLab on the working copies of an area, on 127.0.0.1 with a token; returns when it is stopped.

    area: the first of the dataset if None. out: the folder that holds the copies, `reports/lab` in home if None.
    Raises InputError when what was asked for is not there.
    """
    plan = plans.make(plans.Request(data, period, (area,) if area else (), lang=lang))
    chosen = area or next(iter(plan.areas), "")
    copies = working_copies(plan, chosen, Path(out) if out else plan.home / "reports" / "lab")
    for name in copies.kept:
        console.say(word("run.lab_kept", plan.lang, name=name))
    console.say(word("run.lab_copies", plan.lang, folder=copies.folder))
    return _serve(copies.folder, _environment(plan), plan.lang, port, browser)


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
    """What kernels need to find the dataset and this interpreter, wherever the copies lie."""
    return {
        "EVALTOOLS_HOME": str(plan.home),
        "EVALTOOLS_DATA": str(plan.dataset.parent),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONUTF8": "1",
    }


def _serve(folder: Path, environment: Mapping[str, str], lang: str, port: int, browser: bool) -> int:
    """Run JupyterLab in this process until it is stopped."""
    os.environ.update(environment)
    token = secrets.token_hex(24)
    from jupyterlab.labapp import LabApp  # type: ignore[import-untyped]

    server = LabApp.initialize_server(
        [
            f"--ServerApp.root_dir={folder}",
            "--ServerApp.ip=127.0.0.1",
            f"--ServerApp.port={port}",
            f"--ServerApp.open_browser={browser}",
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
        console.say(word("run.lab_address", lang, address=f"{server.connection_url}lab?token={token}"))
        console.say(word("run.lab_stop", lang))

    # the server takes its port in the same loop, before this
    server.io_loop.add_callback(announce)
    server.start()
    return 0
