"""The first page: cards, counted numbers; and what a tab and a shared link show of every page."""

import re
from types import SimpleNamespace

import pytest
from pages import finishing, landing

from incontext.figures import display
from incontext.records import reading


@pytest.fixture
def book(tmp_path):
    """A book of one drawn chapter and one that is not, of paper A, and one chapter elsewhere."""
    (tmp_path / "_toc.yml").write_text(
        "parts:\n"
        "- {caption: 'Paper A: x', chapters: [{file: chapters/02_b}, {file: chapters/01_a}]}\n"
        "- {caption: 'Paper B: x', chapters: [{file: chapters/03_c}, {file: chapters/04_x}]}\n"
    )
    texts = {"01_a": 'schematic("copying")', "02_b": "text", "03_c": 'schematic("mesa")'}
    chapters = {name: {"cells": [{"source": [text]}]} for name, text in texts.items()}
    return SimpleNamespace(stage=tmp_path, chapters=chapters, title=lambda name: f"<{name}>")


def test_each_paper_has_the_cards_of_its_chapters_in_their_order(book):
    shown = landing.cards(book, "A")
    assert re.findall(r'href="(.*?)"', shown) == ["chapters/02_b.html", "chapters/01_a.html"]
    assert "&lt;01_a&gt;" in shown
    assert shown.count("<svg") == 1
    assert "<span>Copy, then step.</span>" in shown
    assert re.findall(r'href="(.*?)"', landing.cards(book, "B")) == ["chapters/03_c.html"]


def test_trust_is_counted_from_the_ledger_and_the_networks(book, tmp_path, monkeypatch):
    for name in ("a/seed-0.safetensors", "a/seed-1.safetensors", "b/seed-0.unfinished"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setattr(landing, "networks_directory", lambda: tmp_path)
    table = reading.verdict_table().query("preset == 'paper'")["verdict"]
    expected = [(table == "pass").sum(), table.isin(["differs", "fail"]).sum(), 2]
    shown = re.findall(r"<strong>([\d,]+)</strong>", landing.trust(book))
    assert [int(one.replace(",", "")) for one in shown] == expected


def test_every_page_has_an_icon_a_title_and_a_picture_for_shared_links(tmp_path):
    static = tmp_path / "_static"
    (tmp_path / "chapters").mkdir()
    static.mkdir()
    page = tmp_path / "chapters" / "a.html"
    page.write_text('<head><title>\n 1. A "b" &amp; c\n</title></head><body></body>')
    plain = finishing.head(tmp_path, page, page.read_text())
    assert 'property="og:title" content="1. A &quot;b&quot; &amp; c"' in plain
    assert "og:image" not in plain
    assert "icon" not in plain
    for name in ("favicon.svg", "preview.png"):
        (static / name).touch()
    finishing.finish(tmp_path)
    written = page.read_text()
    assert 'rel="icon" type="image/svg+xml" href="../_static/favicon.svg"' in written
    assert 'property="og:image" content="../_static/preview.png"' in written
    assert written.index("og:title") < written.index("</head>")


def test_only_what_pages_load_is_published(tmp_path):
    kept = {
        *("mathjax/tex-chtml.js", "mathjax/output/chtml/fonts/tex.js", "start.js", "fa.woff2"),
        *("mathjax/input/tex/extensions/physics.js", "mathjax/sre/mathmaps/en.json"),
    }
    idle = {
        *("mathjax/tex-svg.js", "mathjax/output/svg/fonts/tex.js", "mathjax/input/mml.js"),
        *("mathjax/sre/mathmaps/de.json", "scripts/a.js.map", "scripts/fontawesome.js"),
        *("mathjax/input/tex-full.js", "vendor/webfonts/fa.ttf"),
    }
    for name in kept | idle:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    finishing.drop_idle(tmp_path)
    assert {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*")} == kept


def test_a_picture_becomes_a_file_that_both_themes_show(tmp_path):
    shown = display.element(b"<svg>wide</svg>", "a", b"<svg>narrow</svg>")
    (tmp_path / "chapters").mkdir()
    page = tmp_path / "chapters" / "a.html"
    page.write_text(f"<head></head><body>{shown}</body>")
    finishing.finish(tmp_path)
    written = page.read_text()
    addresses = re.findall(r'(?:src|srcset)="\.\./_images/(\w+\.svg)(#dark)?"', written)
    assert [theme for _, theme in addresses] == ["", "", "#dark", "#dark"]
    assert addresses[0][0] == addresses[2][0] != addresses[1][0] == addresses[3][0]
    assert re.findall(r'<img class="(only-\w+)"', written) == ["only-light", "only-dark"]
    contents = [(tmp_path / "_images" / name).read_bytes() for name, _ in addresses[:2]]
    assert contents == [b"<svg>narrow</svg>", b"<svg>wide</svg>"]
