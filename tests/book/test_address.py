"""Where the repository is published is one setting: links to it appear with it, and only then."""

import re

import pytest
import yaml
from chapter_texts import make, write_book
from pages import citations
from sources import ROOT

pytestmark = [pytest.mark.book, pytest.mark.slow]

ADDRESS = "https://example.org/somebody/incontext"
LAUNCHERS = ("binder", "colab", "jupyterhub", "deepnote", "thebe")
HREF = re.compile(r'href="(https?://[^"]+)"')


def outside_links(root):
    """Every address outside the book that a page links, by page."""
    html = root / "_build" / "html"
    pages = [path for path in html.rglob("*.html") if "_static" not in path.parts]
    assert len(pages) >= 3
    return {path.relative_to(html).as_posix(): HREF.findall(path.read_text()) for path in pages}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A book of one chapter; no address is set from outside."""
    monkeypatch.delenv("INCONTEXT_REPOSITORY", raising=False)
    return write_book(tmp_path / "book", "print(1)")


def test_without_an_address_nothing_is_linked_but_literature(tiny):
    assert yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"] == ""
    assert make(tiny, "--source", str(tiny)).returncode == 0
    linked = {one.split("/")[2] for page in outside_links(tiny).values() for one in page}
    assert linked <= {"arxiv.org", "doi.org", "proceedings.mlr.press"}
    text = "".join(path.read_text() for path in (tiny / "_build" / "html").glob("**/*.html"))
    assert "source-buttons" not in text
    assert "launch-buttons" not in text


def test_with_an_address_every_link_leads_to_it_or_to_a_file_that_is_there(tiny, monkeypatch):
    monkeypatch.setenv("INCONTEXT_REPOSITORY", ADDRESS)
    assert make(tiny, "--source", str(tiny)).returncode == 0
    pages = outside_links(tiny)
    ours = {page: [one for one in links if "example.org" in one] for page, links in pages.items()}
    assert all(ADDRESS in links for page, links in ours.items() if page != "index.html")
    below = {one for links in ours.values() for one in links} - {ADDRESS}
    assert below == {f"{ADDRESS}/blob/main/chapters/01_tiny.md"}
    for one in below:
        assert (tiny / one.removeprefix(f"{ADDRESS}/blob/main/")).is_file()
    every = " ".join(one for links in pages.values() for one in links)
    assert [name for name in LAUNCHERS if name in every] == []


def test_citations_carry_the_address_and_only_then(monkeypatch):
    monkeypatch.delenv("INCONTEXT_REPOSITORY", raising=False)
    silent = citations.Citations.read(ROOT)
    assert silent.source("chapters/01_single_layer.md") == ""
    assert "url" not in silent.book()
    monkeypatch.setenv("INCONTEXT_REPOSITORY", f"{ADDRESS}/")
    assert re.search(rf"url +?= {{{ADDRESS}}}", citations.Citations.read(ROOT).book())
