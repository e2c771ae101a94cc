"""A figure on a page: room for its pictures, whose figure it is, who made its numbers."""

import re

import matplotlib.pyplot as plt
import pytest

from incontext.cli import citing
from incontext.figures import ENTRIES, get
from incontext.figures.column import stack
from incontext.figures.display import OURS, made, room, show
from incontext.records import reading


@pytest.fixture(scope="module")
def record():
    return reading.best("copying")


def page(figure, record):
    return show(figure, record.result, record.manifest)._repr_mimebundle_()["text/html"]


def test_a_picture_asks_for_its_room_before_it_is_loaded(record):
    shown = page("A5", record)
    sizes = re.findall(r'width="(\d+)" height="(\d+)"', shown)
    (phone_width, phone_height), (page_width, _) = sizes
    assert int(phone_width) < 400 < int(page_width)
    assert int(phone_height) > int(phone_width)  # two panels below each other
    assert room(b'<svg x="1" width="75pt" height="150pt" viewBox="">') == 'width="100" height="200"'
    assert room(b"<svg>") == ""


def test_a_page_shows_the_file_that_it_offers(record):
    shown = show("A5", record.result, record.manifest).svg
    assert shown == citing.draw(get("A5"), record, "svg")
    assert record.manifest.checksum.encode() in shown


def test_what_is_not_in_the_paper_is_called_a_figure_of_this_book(record):
    for figure, title in (("A5", "Paper A, Figure 5."), ("A5-mechanism", "This book.")):
        shown = page(figure, record)
        assert f"<strong>{title}</strong>" in shown
        assert OURS not in shown
        assert made(record.manifest) in shown
        assert record.manifest.cpu not in shown
    assert sum(OURS in entry.caption for entry in ENTRIES) > 3


def drawn(rows, columns, **options):
    figure, grid = plt.subplots(rows, columns, figsize=(6.6, 3), squeeze=False, **options)
    for panel in grid.flat:
        panel.plot([0, 1], [0, 1])
    grid[0, 0].set_ylabel("loss")
    grid[-1, 0].set_xlabel("step")
    return figure, grid


def test_panels_stand_below_each_other_in_reading_order():
    figure, grid = drawn(2, 2, sharex="col", sharey="row")
    grid[1, 0].set_title("c", loc="left")
    assert stack(figure)
    figure.canvas.draw()
    tops = [panel.get_position().y1 for panel in grid.flat]
    assert tops == sorted(tops, reverse=True)
    assert len({round(panel.get_position().x0, 6) for panel in grid.flat}) == 1
    assert [panel.get_ylabel() for panel in grid.flat] == ["loss", "loss", "", ""]
    assert [panel.get_xlabel() for panel in grid.flat] == ["step", "", "step", ""]
    assert all(panel.xaxis.get_tick_params()["labelbottom"] for panel in grid.flat)
    plt.close(figure)


def test_panels_without_titles_stay_below_their_column_s_title():
    figure, grid = drawn(2, 2)
    assert stack(figure)
    figure.canvas.draw()
    tops = [panel.get_position().y1 for panel in grid.T.flat]
    assert tops == sorted(tops, reverse=True)
    plt.close(figure)


def test_a_figure_of_many_panels_stays_as_it_is():
    figure, _ = drawn(3, 3)
    assert not stack(figure)
    assert tuple(figure.get_size_inches()) == (6.6, 3)
    plt.close(figure)


def test_rows_of_many_panels_are_folded():
    figure, grid = drawn(2, 5)
    for row, name in zip(grid, ("first", "second"), strict=True):
        row[0].set_ylabel(name)
    assert stack(figure)
    figure.canvas.draw()
    heights = [[round(panel.get_position().y0, 3) for panel in row] for row in grid]
    (top, _, _, third, _), (second, _, _, last, _) = heights
    assert top > second > third > last  # first row, second row, rest of the first, of the second
    assert heights[0] == [top] * 3 + [third] * 2
    assert [row[3].get_ylabel() for row in grid] == ["first", "second"]
    plt.close(figure)


def test_a_legend_hides_no_curve_of_a_lone_panel():
    figure, grid = drawn(1, 1)
    grid[0, 0].plot([0, 1], [1, 0], label="down")
    grid[0, 0].legend()
    assert stack(figure)
    figure.canvas.draw()
    (legend,) = figure.legends
    assert grid[0, 0].get_legend() is None
    assert [text.get_text() for text in legend.get_texts()] == ["down"]
    assert legend.get_window_extent().y0 > grid[0, 0].get_window_extent().y1
    plt.close(figure)


def test_a_label_of_all_panels_stands_at_each():
    figure, grid = drawn(1, 2)
    grid[0, 0].set_xlabel("")
    figure.supxlabel("read")
    assert stack(figure)
    assert [panel.get_xlabel() for panel in grid.flat] == ["read", "read"]
    assert figure.get_supxlabel() == ""
    plt.close(figure)
