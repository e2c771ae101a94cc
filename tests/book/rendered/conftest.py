"""The project's own book, made once at preset smoke, and a browser without a network."""

import os
import shutil
from pathlib import Path

import pytest
from chapter_texts import make
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium")
OFFLINE = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Every chapter executed at preset smoke, the pages rendered with warnings fatal.

    While working on a page, INCONTEXT_BOOK may name the html folder of a book that is there.
    """
    if os.environ.get("INCONTEXT_BOOK"):
        return Path(os.environ["INCONTEXT_BOOK"])
    root = tmp_path_factory.mktemp("book")
    finished = make(root, "--preset", "smoke")
    assert finished.returncode == 0, finished.stderr
    return root / "_build" / "html"


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium."""
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=OFFLINE)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """An empty page that notes what it asks for from outside, and every error."""
    opened = browser.new_page()
    opened.requested, opened.errors = [], []
    opened.on("request", lambda r: opened.requested.append(r.url))
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on("console", lambda m: opened.errors.append(m.text) if m.type == "error" else None)
    yield opened
    opened.close()
