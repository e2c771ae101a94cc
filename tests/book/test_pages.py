"""The project's own book at preset smoke: it renders, and a browser opens it without a network."""

import contents
import jupytext
import pytest
from sources import ROOT

CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.md"))
PAGES = contents.page_names(ROOT)
ELSEWHERE = ('src="http', 'src="//', 'rel="stylesheet" href="http', "@import url(http")

pytestmark = [pytest.mark.book, pytest.mark.slow, pytest.mark.xdist_group("book")]


def test_every_chapter_is_a_page(book):
    assert (book / "index.html").is_file()
    assert sorted(path.stem for path in (book / "chapters").glob("*.html")) == CHAPTERS


def test_pages_link_nothing_from_elsewhere_and_show_no_path_of_this_machine(book):
    for path in book.rglob("*.html"):
        text = path.read_text()
        assert str(ROOT) not in text
        assert [mark for mark in ELSEWHERE if mark in text] == [], path.name


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_a_network_and_without_an_error(book, page, name):
    page.goto((book / f"{name}.html").as_uri(), wait_until="load")
    formulas = page.locator(".math")
    if formulas.count():
        formulas.first.locator("mjx-container").wait_for(state="attached", timeout=20_000)
    assert [url for url in page.requested if url.startswith(("http", "ws"))] == []
    assert page.errors == []
    assert page.locator(".math-error, mjx-merror").count() == 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_figure_of_a_chapter_is_shown(book, page, name):
    executed = jupytext.read(book.parent / "executed" / "chapters" / f"{name}.ipynb")
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    drawn = [o for o in outputs if {"image/png", "image/svg+xml"} & set(o.get("data", {}))]
    page.goto((book / f"chapters/{name}.html").as_uri(), wait_until="load")
    shown = "[...document.querySelectorAll('.cell_output img')].filter(i => i.naturalWidth).length"
    assert page.evaluate(shown) >= len(drawn)


def test_search_finds_the_papers_words(book, page):
    page.goto((book / "search.html").as_uri() + "?q=gradient", wait_until="load")
    page.locator("ul.search li").first.wait_for(timeout=20_000)
    blocked = "Failed to fetch"  # a page opened as a file may not read its neighbours' summaries
    assert [error for error in page.errors if error != blocked] == []
