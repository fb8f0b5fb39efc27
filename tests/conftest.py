"""What several test modules share."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Kernels and commands started by a test must state their encodings too; pytest turns this process's own
# warnings into errors (pyproject), and children inherit the switch.
os.environ.setdefault("PYTHONWARNDEFAULTENCODING", "1")

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Browser]]:
    """What starts Debian's chromium, with no traffic of its own."""
    from playwright.sync_api import sync_playwright  # few tests need it

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        yield partial(playwright.chromium.launch, executable_path=shutil.which("chromium"), args=quiet)


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()
