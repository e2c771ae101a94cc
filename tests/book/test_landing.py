"""The first page: cards for the chapters of each paper, numbers that the records give."""

import re
from types import SimpleNamespace

import pytest
from pages import landing

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
