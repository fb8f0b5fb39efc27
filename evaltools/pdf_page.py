"""A page as a PDF, printed by a browser that is installed: Chromium, Chrome or Edge, without the network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

BROWSER = "EVALTOOLS_BROWSER"
"""Environment variable that names the browser's program, where it is in none of the usual places."""

PROGRAMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "microsoft-edge-stable",
)
"""Names by which a browser may be found on the search path."""

_WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
_WINDOWS = (
    ("Google", "Chrome", "Application", "chrome.exe"),
    ("Microsoft", "Edge", "Application", "msedge.exe"),
    ("Chromium", "Application", "chrome.exe"),
)
_MAC = ("Google Chrome", "Microsoft Edge", "Chromium")

PATIENCE = 120
"""Seconds that printing one page may take on a slow, busy laptop."""

_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    # no name is looked up, so nothing of a page can reach out
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-pdf-header-footer",
    # Chromium 110 and before
    "--print-to-pdf-no-header",
)
_DATE = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}")
_FIXED = b"19800101000000"
_NODE = re.compile(rb"\(node(\d{8})\)")


class PrintError(RuntimeError):
    """The browser did not print a page; the text says what it said."""


def find_browser(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path | None:
    """Return the program of an installed browser that can print, or None."""
    environment = os.environ if environment is None else environment
    return next((path for path in _places(environment, platform) if path.is_file()), None)


def _places(environment: Mapping[str, str], platform: str) -> Iterator[Path]:
    if named := environment.get(BROWSER):
        found = shutil.which(named, path=environment.get("PATH"))
        yield Path(found or named)
        return
    for name in PROGRAMS:
        if found := shutil.which(name, path=environment.get("PATH", "")):
            yield Path(found)
    if platform == "win32":
        folders = [Path(environment[name]) for name in _WINDOWS_FOLDERS if environment.get(name)]
        yield from (folder.joinpath(*parts) for parts in _WINDOWS for folder in folders)
    elif platform == "darwin":
        yield from (Path("/Applications", f"{name}.app", "Contents", "MacOS", name) for name in _MAC)


def print_page(browser: Path, page: Path) -> bytes:
    """Return a page as a PDF, as its style sheet says for paper; raises PrintError.

    The same page and browser give the same bytes.
    """
    with tempfile.TemporaryDirectory(prefix="evaltools-", ignore_cleanup_errors=True) as scratch:
        out = Path(scratch, "page.pdf")
        command = [str(browser), *_OPTIONS, f"--user-data-dir={Path(scratch, 'profile')}", f"--print-to-pdf={out}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--no-sandbox")  # for root there is none
        try:
            done = subprocess.run(
                [*command, page.resolve().as_uri()],
                capture_output=True,
                timeout=PATIENCE,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise PrintError(f"{PATIENCE} s") from None
        except OSError as error:
            raise PrintError(error.strerror or str(error)) from None
        content = out.read_bytes() if out.is_file() else b""
    if not content.startswith(b"%PDF-"):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise PrintError(said[-1][:200] if said else f"exit code {done.returncode}")
    return _settled(content)


def _settled(content: bytes) -> bytes:
    """Return a PDF without what differs from one time to the next; no length changes, so every place in it holds.

    The times of printing are fixed. The names of its tagged parts, which count what the browser did before, count
    from 1 in the same order.
    """
    content = _DATE.sub(rb"\g<1>" + _FIXED, content)
    nodes = {node: b"(node%08d)" % n for n, node in enumerate(sorted(set(_NODE.findall(content))), start=1)}
    return _NODE.sub(lambda match: nodes[match[1]], content)
