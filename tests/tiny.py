"""A small home for tests of the runner: four counties, notebooks that do next to nothing, real kernels."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from builders import area, dataset, fact
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

COUNTIES = ("010203", "02", "03", "04")

PARAMETERS = {
    "area": 'data: str = "small"\nperiod: str = "2024"\narea: str = "02"\nlang: str = "zh"\nlevel: int = 1\n',
    "region": 'data: str = "small"\nperiod: str = "2024"\nlang: str = "zh"\n',
}

STRICT = """
import signal, sys, warnings
# as from a terminal, also where the tests themselves run in the background, deaf to Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
warnings.filterwarnings("ignore", category=EncodingWarning)
warnings.filterwarnings("error", category=EncodingWarning, module="evaltools")
from evaltools.cli import main
sys.exit(main(sys.argv[1:]))
"""


def notebook(home: Path, name: str, scope: str, order: int, *cells: str, parameters: str = "") -> Path:
    """Write a notebook whose first cell is a note and whose second holds the parameters."""
    own = {"scope": scope, "order": order, "title_zh": f"标题{order}", "title_en": f"Title {order}"}
    source = PARAMETERS[scope] + parameters
    content = [new_markdown_cell("notes"), new_code_cell(source, metadata={"tags": ["parameters"]})]
    content += [new_code_cell(cell) for cell in cells]
    path = home / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=content, metadata={"evaltools": own}), path)
    return path


def small_home(folder: Path, **meta: object) -> Path:
    """Write a home with the dataset `small` (region 9, COUNTIES, 2023 and 2024) and a catalogue of its own."""
    (folder / "data" / "catalogue").mkdir(parents=True)
    (folder / "notebooks").mkdir()
    places = [area("9"), *(area(code, parent="9") for code in COUNTIES)]
    numbers = {"a": 3, "b": 7}
    facts = [
        fact(period, code, name, value)
        for period in ("2023", "2024")
        for code in COUNTIES
        for name, value in numbers.items()
    ]
    own = {"region": "9", "title_zh": "小数据", "title_en": "Small data", **meta}
    dataset(folder / "data" / "small", own, areas=places, facts=facts)
    return folder


def command(home: Path, *arguments: str, **variables: str) -> tuple[list[str], Mapping[str, str]]:
    """Return a command line and its environment: the command, with default encodings as errors."""
    line = [sys.executable, "-X", "warn_default_encoding", "-c", STRICT, *arguments]
    return line, {**os.environ, "EVALTOOLS_HOME": str(home), "PYTHONUTF8": "0", **variables}


def evaltools(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed and its exit status."""
    line, environment = command(home, *arguments, **variables)
    return subprocess.run(
        line, env=environment, cwd=home, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
