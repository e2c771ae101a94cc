"""No page, notebook or file beside the pages tells a secret or a place on the machine."""

from zipfile import ZipFile

import pytest
from leaks import leaks

SHOWN = {".html", ".ipynb", ".json", ".csv", ".bib", ".svg", ".js", ".txt"}

pytestmark = [pytest.mark.book, pytest.mark.slow]


def test_no_file_of_the_book_names_a_place_or_a_secret(book):
    files = [path for path in book.rglob("*") if path.suffix in SHOWN]
    ours = [path for path in files if "_static" not in path.relative_to(book).parts]
    assert {".html", ".ipynb", ".json"} <= {path.suffix for path in ours}
    found = {str(path.relative_to(book)): leaks(path.read_bytes()) for path in ours}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_no_archive_of_the_book_names_a_place_or_a_secret(book):
    archives = list(book.glob("*.zip"))
    assert archives
    for archive in archives:
        with ZipFile(archive) as packed:
            found = {name: leaks(packed.read(name)) for name in packed.namelist()}
        assert {name: hits for name, hits in found.items() if hits} == {}
