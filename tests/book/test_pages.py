"""The project's own book at preset smoke: it renders, and a browser opens it without a network."""

import shutil

import jupytext
import pytest
from chapter_texts import make
from playwright.sync_api import sync_playwright
from sources import ROOT

CHROMIUM = shutil.which("chromium")
OFFLINE = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.md"))
PAGES = ["intro", "bibliography", *(f"chapters/{name}" for name in CHAPTERS)]
ELSEWHERE = ('src="http', 'src="//', 'rel="stylesheet" href="http', "@import url(http")

pytestmark = [pytest.mark.book, pytest.mark.slow, pytest.mark.xdist_group("book")]
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Every chapter executed at preset smoke, the pages rendered with warnings fatal."""
    root = tmp_path_factory.mktemp("book")
    finished = make(root, "--preset", "smoke")
    assert finished.returncode == 0, finished.stderr
    return root / "_build" / "html"


@pytest.fixture(scope="module")
def browser():
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
    yield opened
    opened.close()


def test_every_chapter_is_a_page(book):
    assert (book / "index.html").is_file()
    assert sorted(path.stem for path in (book / "chapters").glob("*.html")) == CHAPTERS


def test_pages_link_nothing_from_elsewhere_and_show_no_path_of_this_machine(book):
    for path in book.rglob("*.html"):
        text = path.read_text()
        assert str(ROOT) not in text
        assert [mark for mark in ELSEWHERE if mark in text] == [], path.name


@needs_chromium
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_a_network_and_without_an_error(book, page, name):
    page.goto((book / f"{name}.html").as_uri(), wait_until="load")
    formulas = page.locator(".math")
    if formulas.count():
        formulas.first.locator("mjx-container").wait_for(state="attached", timeout=20_000)
    assert [url for url in page.requested if url.startswith(("http", "ws"))] == []
    assert page.errors == []
    assert page.locator(".math-error, mjx-merror").count() == 0


@needs_chromium
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_figure_of_a_chapter_is_shown(book, page, name):
    executed = jupytext.read(book.parent / "executed" / "chapters" / f"{name}.ipynb")
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    drawn = [o for o in outputs if {"image/png", "image/svg+xml"} & set(o.get("data", {}))]
    page.goto((book / f"chapters/{name}.html").as_uri(), wait_until="load")
    shown = "[...document.querySelectorAll('.cell_output img')].filter(i => i.naturalWidth).length"
    assert page.evaluate(shown) >= len(drawn)


@needs_chromium
def test_search_finds_the_papers_words(book, page):
    page.goto((book / "search.html").as_uri() + "?q=gradient", wait_until="load")
    page.locator("ul.search li").first.wait_for(timeout=20_000)
    blocked = "Failed to fetch"  # a page opened as a file may not read its neighbours' summaries
    assert [error for error in page.errors if error != blocked] == []
