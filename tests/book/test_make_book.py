"""The whole pipeline on a book of one chapter."""

import time

import pytest
from chapter_texts import make, write_book, write_chapter

pytestmark = [pytest.mark.book, pytest.mark.slow]


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A book in a folder whose name has a space, and no records."""
    monkeypatch.setenv("INCONTEXT_DATA", str(tmp_path / "data"))
    (tmp_path / "data" / "reports").mkdir(parents=True)
    return write_book(tmp_path / "a book", "print(6 * 7)")


def page(root, name="chapters/01_tiny"):
    return root / "_build" / "html" / f"{name}.html"


def test_book_is_made_once_and_again_only_when_something_changed(tiny):
    first = make(tiny, "--source", str(tiny))
    assert first.returncode == 0, first.stderr
    assert "book: executed chapters/01_tiny.md" in first.stdout
    assert ">42" in page(tiny).read_text()
    assert page(tiny, "index").is_file()

    written, started = page(tiny).stat().st_mtime_ns, time.monotonic()
    second = make(tiny, "--source", str(tiny))
    assert second.returncode == 0
    assert "executed" not in second.stdout
    assert page(tiny).stat().st_mtime_ns == written
    assert time.monotonic() - started < 20

    write_chapter(tiny / "chapters", "print(6 * 8)")
    assert make(tiny, "--source", str(tiny)).returncode == 0
    assert ">48" in page(tiny).read_text()


def test_failing_cell_stops_the_book_with_one_line_and_publishes_no_page(tiny):
    write_chapter(tiny / "chapters", "print(1)", "raise ValueError('no such table')")
    finished = make(tiny, "--source", str(tiny))
    assert finished.returncode == 1
    (line,) = finished.stderr.strip().splitlines()
    assert line.startswith("book: chapters/01_tiny.md: stopped at code cell 3 (line 26,")
    assert line.endswith("ValueError: no such table")
    assert not (tiny / "_build" / "html").exists()


def test_warning_stops_the_book_and_keeps_the_pages_there_were(tiny):
    assert make(tiny, "--source", str(tiny)).returncode == 0
    published = page(tiny, "intro").read_text()
    (tiny / "intro.md").write_text("# A tiny book\n\nSee {ref}`nowhere`.\n")
    finished = make(tiny, "--source", str(tiny))
    assert finished.returncode == 1
    assert "intro.md" in finished.stderr
    assert "nowhere" in finished.stderr
    assert page(tiny, "intro").read_text() == published
