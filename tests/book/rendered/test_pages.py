"""The project's own book at preset smoke: it renders, and a browser opens it without a network."""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import freshness
import jupytext
import pytest
from axe_playwright_python.sync_playwright import Axe
from sources import ROOT

CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.md"))
PAGES = freshness.page_names(ROOT)
ELSEWHERE = ('src="http', 'src="//', 'rel="stylesheet" href="http', "@import url(http")

STILL = "* { transition: none !important; animation: none !important }"
# Opens every fold; of words of code, formulas and cells of tables, shows each look once: measuring
# contrast takes long.
EVERY_LOOK_ONCE = """() => {
  document.querySelectorAll("main details").forEach((one) => { one.open = true; });
  const seen = new Set(), names = (one) => one.tagName + one.className;
  const colours = (one) => getComputedStyle(one).color + getComputedStyle(one).backgroundColor;
  for (const one of document.querySelectorAll(".highlight span, .sig span, mjx-container, td")) {
    const around = [one.closest("tr"), one.closest("div[class]")].filter((outer) => outer);
    const look = [one, ...one.querySelectorAll("*:not(mjx-container *)"), ...around].map(names);
    const key = [...look, ...[one, ...around].map(colours)].join();
    if (seen.has(key)) one.style.visibility = "hidden";
    seen.add(key);
  }
}"""

pytestmark = [pytest.mark.book, pytest.mark.slow]


def test_every_chapter_is_a_page(book):
    assert (book / "index.html").is_file()
    assert sorted(path.stem for path in (book / "chapters").glob("*.html")) == CHAPTERS


def test_pages_link_nothing_from_elsewhere_and_show_no_path_of_this_machine(book):
    for path in book.rglob("*.html"):
        text = path.read_text()
        assert str(ROOT) not in text
        assert [mark for mark in ELSEWHERE if mark in text] == [], path.name


@pytest.mark.parametrize("name", PAGES)
def test_page_opens_light_and_without_a_network_and_without_an_error(book, page, name):
    page.goto((book / f"{name}.html").as_uri(), wait_until="load")
    formulas = page.locator(".math")
    if formulas.count():
        formulas.first.locator("mjx-container").wait_for(state="attached", timeout=20_000)
    assert [url for url in page.requested if url.startswith(("http", "ws"))] == []
    assert page.errors == []
    assert page.locator(".math-error, mjx-merror").count() == 0
    files = {Path(unquote(urlsplit(url).path)) for url in page.requested if url.startswith("file:")}
    assert sum(path.stat().st_size for path in files) <= 3e6


def serious(page, options):
    """What axe-core finds that keeps somebody from reading."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response
    grave = [one for one in found["violations"] if one["impact"] in {"serious", "critical"}]
    return [(one["id"], one["nodes"][0]["target"]) for one in grave]


@pytest.mark.parametrize("name", [*PAGES, "search", "genindex"])
def test_page_can_be_read_with_any_means_and_in_both_themes(book, page, name):
    page.goto((book / f"{name}.html").as_uri(), wait_until="load")
    page.evaluate("window.MathJax ? MathJax.startup.promise.then(() => 0) : 0")
    page.add_style_tag(content=STILL)
    page.evaluate(EVERY_LOOK_ONCE)
    assert serious(page, {}) == []
    page.emulate_media(color_scheme="dark")
    page.locator("html[data-theme='dark']").wait_for(state="attached")
    assert serious(page, {"runOnly": ["color-contrast"]}) == []


def test_theme_can_be_switched_and_pictures_follow(book, page):
    page.goto((book / "chapters" / "01_single_layer.html").as_uri(), wait_until="load")
    button = page.locator("button.theme-switch-button:visible")
    seen = set()
    for _ in range(3):
        theme = page.locator("html").get_attribute("data-theme")
        seen.add(theme)
        images = page.locator("#figure-A2 img")
        shown = images.evaluate_all("all => all.map(i => getComputedStyle(i).display != 'none')")
        assert shown == [theme == "light", theme == "dark"]
        assert page.locator("#figure-A2 figcaption").is_visible()
        button.click()
    assert seen == {"light", "dark"}


def test_citation_is_copied_from_the_fold_under_a_figure(book, browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((book / "chapters" / "01_single_layer.html").as_uri(), wait_until="load")
    fold = page.locator("#figure-A2 details")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    fold.locator("pre").hover()
    fold.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == (book / "figures" / "A2.bib").read_text().strip()
    context.close()


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_figure_of_a_chapter_is_shown(book, page, name):
    executed = jupytext.read(book.parent / "executed" / "chapters" / f"{name}.ipynb")
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    drawn = [o for o in outputs if "<picture>" in o.get("data", {}).get("text/html", "")]
    page.goto((book / f"chapters/{name}.html").as_uri(), wait_until="load")
    page.evaluate("document.querySelectorAll('img').forEach(one => one.loading = 'eager')")
    page.wait_for_load_state("networkidle")
    shown = "[...document.querySelectorAll('.cell_output img')].filter(i => i.naturalWidth).length"
    assert page.evaluate(shown) >= len(drawn)


FOUND = {
    "induction head": "chapters/04_copying",
    "mesa-optimization": "chapters/06_causal_layer",
    "mesa-optimisation": "glossary",
    "GD++": "chapters/02_gdpp",
    "curvature": "chapters/02_gdpp",
    "ridge": "chapters/08_mesa",
    "ridge_scale": "glossary",
}


@pytest.mark.parametrize("word", FOUND)
def test_search_finds_the_papers_words_and_ours(book, page, word):
    page.goto((book / "search.html").as_uri() + f"?q={quote(word)}", wait_until="load")
    wanted = f"ul.search li a[href*='{FOUND[word]}.html']"
    page.locator(wanted).first.wait_for(timeout=20_000)
    assert page.errors == []


@pytest.mark.parametrize("word", ["GD++", "mesa layer", "Hessian", "curvature"])
def test_search_names_a_chapter_first(book, page, word):
    page.goto((book / "search.html").as_uri() + f"?q={quote(word)}", wait_until="load")
    first = page.locator("ul.search li a").first
    first.wait_for(timeout=20_000)
    page.wait_for_timeout(500)  # results come one by one
    assert "chapters/" in first.get_attribute("href")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_link_to_a_figure_lands_on_it(book, page, name):
    address = (book / f"chapters/{name}.html").as_uri()
    page.goto(address, wait_until="load")
    anchors = page.locator("figure[id^='figure-']").evaluate_all("all => all.map(one => one.id)")
    for anchor in anchors:
        page.goto("about:blank")
        page.goto(f"{address}#{anchor}", wait_until="load")
        page.wait_for_timeout(700)  # pictures near the place are loaded, formulas are set
        top = page.locator(f"#{anchor}").evaluate("one => one.getBoundingClientRect().top")
        height = page.viewport_size["height"]
        assert -20 <= top <= height / 2 or at_the_end(page), (anchor, top)


def at_the_end(page):
    """Whether the page is scrolled as far as it goes."""
    return page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
