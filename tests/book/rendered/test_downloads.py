"""What may be cited keeps its address, and what may be downloaded is what was recorded."""

import hashlib
import re
import zipfile
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from sources import ROOT

from incontext import figures
from incontext.records import provenance, reading

pytestmark = [pytest.mark.book, pytest.mark.slow]

# Cited addresses: chapters/<value>.html#figure-<key>. Add to them; never change one.
CHAPTER_OF = {
    **dict.fromkeys(("A2", "A2-sweep", "A6", "A9", "A10"), "01_single_layer"),
    **dict.fromkeys(("A3", "A7", "A8", "A9-depth", "A9-three", "A13"), "02_gdpp"),
    **dict.fromkeys(("A4", "A4-kernels"), "03_nonlinear"),
    **dict.fromkeys(("A5", "A5-mechanism", "A5-plateaus", "A5-positions"), "04_copying"),
    **dict.fromkeys(("A11", "A12", "A14", "A14-ways", "A15", "A15-clip"), "05_softmax"),
    **dict.fromkeys(("B3B", "B3B-numbers", "B4A", "B4C"), "06_causal_layer"),
    **dict.fromkeys(("B4B", "B4D", "B4E", "B4F", "B9"), "07_deep_linear"),
    **dict.fromkeys(("B4A-mesa", "B4D-mesa", "B4A-ridge", "B4D-longer"), "08_mesa_trained"),
    **dict.fromkeys(
        ("B2A", "B3A", "B7A", "B10", "B16", "B16-full-mesa", "B17"), "09_dataset_building"
    ),
    **dict.fromkeys(("B5A", "B5B", "B6", "B19", "B20"), "09_dataset_building"),
    **dict.fromkeys(("A15-block", "A16", "Ax-noise"), "10_fixed_tasks"),
    **dict.fromkeys(("Bx-new", "Bx-rebound", "Bx-recall"), "11_memories"),
    **dict.fromkeys(("Bx-keys", "Bx-recall-trained"), "11_memories_trained"),
    **dict.fromkeys(("B11", "B11-parts", "B12", "B12-weights"), "12_other_worlds"),
    **dict.fromkeys(("B8A", "B8B", "B18"), "13_few_shot"),
    **dict.fromkeys(("B2A-partial", "B7B", "B21", "B22", "B24"), "14_partial_observation"),
    **dict.fromkeys(("B2B", "B7C", "B23", "B25"), "16_nonlinear_dynamics"),
    **dict.fromkeys(("B26", "Bx-text-passage", "Bx-text-positions", "Bx-text-seen"), "15_language"),
}
FILES = ("svg", "pdf", "png", "bib")
ARCHIVE = "incontext-figures-and-data.zip"
SIGNATURES = {"svg": b"<svg", "pdf": b"%PDF", "png": b"\x89PNG", "bib": b"@"}


class Links(HTMLParser):
    """Addresses that a page refers to, and the anchors it has."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.anchors = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.anchors.add(found.get("id"))
        address = found.get("href") or found.get("src")
        if address and not address.startswith("data:"):
            self.addresses.append(address)


@pytest.fixture(scope="module")
def links(book):
    pages = {path: Links(path.read_text()) for path in book.rglob("*.html")}
    return {path: found for path, found in pages.items() if "_static" not in path.parts}


def test_no_link_is_dead(links):
    dead = []
    for path, page in links.items():
        for address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = links.get(target)
            if not target.is_file() or (
                parts.fragment and known and parts.fragment not in known.anchors
            ):
                dead.append(f"{path.name} -> {address}")
    assert dead == []


def test_links_that_leave_the_book_lead_to_literature(links):
    outside = {urlsplit(a).netloc for page in links.values() for a in page.addresses} - {""}
    assert outside <= {"arxiv.org", "doi.org", "proceedings.mlr.press"}


def test_every_address_that_can_be_cited_is_pinned_here(links):
    found = [
        (anchor.removeprefix("figure-"), path.stem)
        for path, page in links.items()
        for anchor in page.anchors
        if anchor and anchor.startswith("figure-")
    ]
    assert sorted(found) == sorted(CHAPTER_OF.items())


@pytest.mark.parametrize("figure", CHAPTER_OF)
def test_address_of_a_figure_is_kept(book, figure):
    text = (book / "chapters" / f"{CHAPTER_OF[figure]}.html").read_text()
    assert text.count(f'<figure id="figure-{figure}"') == 1
    shown = text.split(f'<figure id="figure-{figure}"')[1].split("</figure>")[0]
    for kind in FILES:
        content = (book / "figures" / f"{figure}.{kind}").read_bytes()
        assert content.startswith(SIGNATURES[kind])
    for kind in FILES[:3]:
        assert f'href="../figures/{figure}.{kind}"' in shown
    entry = figures.get(figure)
    record = reading.recorded(entry.experiment, entry.sweep) if entry.sweep else None
    manifest = (record or reading.best(entry.experiment)).manifest
    assert f"sha256 {manifest.checksum}" in shown
    assert provenance.command(manifest) in shown


def test_downloaded_data_are_the_recorded_files(book):
    offered = [path for path in (book / "data").rglob("*") if path.is_file()]
    assert len(offered) > 2 * len({figures.get(name).experiment for name in CHAPTER_OF})
    for path in offered:
        recorded = ROOT / path.relative_to(book)
        assert (
            hashlib.sha256(path.read_bytes()).digest()
            == hashlib.sha256(recorded.read_bytes()).digest()
        )


def test_the_archive_holds_every_figure_and_all_data(book):
    with zipfile.ZipFile(book / ARCHIVE) as archive:
        assert archive.testzip() is None
        held = {info.filename: archive.read(info) for info in archive.infolist()}
    offered = [
        p
        for folder in ("figures", "data")
        for p in (book / folder).rglob("*")
        if p.suffix in {".pdf", ".bib", ".csv", ".json"}
    ]
    assert held == {f"incontext/{p.relative_to(book).as_posix()}": p.read_bytes() for p in offered}
    assert (book / ARCHIVE).stat().st_size < 6e6


def test_how_to_cite_repeats_the_files_it_comes_from(book):
    text = (book / "cite.html").read_text()
    literature = (ROOT / "references.bib").read_text()
    for key in ("oswald2023transformers", "oswald2023uncovering"):
        entry = re.search(rf"@\w+{{{key},.*?\n}}", literature, re.DOTALL).group()
        assert entry.replace("'", "&#x27;").replace('"', "&quot;") in text
    assert re.search(r"title: \"(.+)\"", (ROOT / "CITATION.cff").read_text())[1] in text
    for name in {*CHAPTER_OF.values()}:
        assert f'id="cite-{name.replace("_", "-")}"' in text
    for figure in CHAPTER_OF:
        assert f'href="figures/{figure}.pdf"' in text
