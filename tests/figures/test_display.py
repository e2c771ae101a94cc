"""A figure on a page: room for its pictures, whose figure it is, who made its numbers."""

import re

import pytest

from incontext.figures import ENTRIES
from incontext.figures.display import OURS, made, room, show
from incontext.records import reading


@pytest.fixture(scope="module")
def record():
    return reading.best("copying")


def page(figure, record):
    return show(figure, record.result, record.manifest)._repr_mimebundle_()["text/html"]


def test_a_picture_asks_for_its_room_before_it_is_loaded(record):
    shown = page("A5", record)
    sizes = re.findall(r'<img [^>]*width="(\d+)" height="(\d+)"', shown)
    assert len(set(sizes)) == 1
    assert len(sizes) == 2
    assert room(b'<svg x="1" width="75pt" height="150pt" viewBox="">') == 'width="100" height="200"'
    assert room(b"<svg>") == ""


def test_what_is_not_in_the_paper_is_called_a_figure_of_this_book(record):
    for figure, title in (("A5", "Paper A, Figure 5."), ("A5-mechanism", "This book.")):
        shown = page(figure, record)
        assert f"<strong>{title}</strong>" in shown
        assert OURS not in shown
        assert made(record.manifest) in shown
        assert record.manifest.cpu not in shown
    assert sum(OURS in entry.caption for entry in ENTRIES) > 3
