"""`cite` and `export`: a figure, its paper, its data."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from record_samples import manifest, result

from incontext import figures, records
from incontext.cli.papers import PAPERS
from incontext.figures import FigureEntry
from incontext.paths import repository_root


def draw(result):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2))
    figure.subplots().plot(result.tables["curve"]["step"], result.tables["curve"]["loss"])
    return figure


@pytest.fixture
def figure(places, monkeypatch):
    entry = FigureEntry("A99", "A", "tiny", "A line.", "A line that rises.", "nowhere:nothing")
    monkeypatch.setattr(figures, "ENTRIES", (entry,))
    monkeypatch.setattr(FigureEntry, "draw", lambda self, result: draw(result))
    return entry


@pytest.fixture
def recorded(places, figure):
    records.save(result(), manifest(), root=places.reports)
    commit = {"commit": "c0ffee" * 7, "dirty": False}
    records.save(result(), manifest(preset="paper", git=commit), root=places.reports)
    return records.load_manifest("tiny", "paper", root=places.reports)


def test_a_citation_names_paper_figure_and_data(incontext, recorded):
    answer = incontext("cite", "A99")
    assert answer.status == 0
    assert answer.out.startswith("@inproceedings{oswald2023transformers,")
    assert "{Figure 99}" in answer.out
    assert "https://doi.org/10.48550/arXiv.2212.07677" in answer.out
    assert f"data/reports/tiny/paper (sha256 {recorded.checksum}" in answer.out
    assert "data/reports/tiny/smoke" in incontext("cite", "A99", "--preset", "smoke").out


def test_a_figure_without_data_can_be_cited_but_not_exported(incontext, figure, places):
    places.reports.mkdir()
    answer = incontext("cite", "A99")
    assert answer.status == 0
    assert "Data: not recorded yet" in answer.out
    answer = incontext("export", "A99", "--out", places.out)
    assert answer.status == 2
    assert "tiny is not recorded" in answer.err
    assert not places.out.exists()


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_an_exported_figure_says_what_it_shows_and_repeats(incontext, recorded, places, kind):
    contents = []
    for name in ("one", "two"):
        assert incontext("export", "A99", "--format", kind, "--out", places.out / name).status == 0
        contents.append((places.out / name / f"A99.{kind}").read_bytes())
    assert contents[0] == contents[1]
    assert b"incontext A99" in contents[0]
    assert f"data sha256 {recorded.checksum}".encode() in contents[0]
    assert f"commit {'c0ffee' * 7}".encode() in contents[0]


def test_a_figure_is_drawn_and_opened(incontext, recorded, places, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert incontext("show", "A99").status == 0
    assert opened == [(places.build / "shown" / "A99.png").as_uri()]
    assert (places.build / "shown" / "A99.png").read_bytes().startswith(b"\x89PNG")


def test_a_figure_of_a_sweep_has_no_preset(incontext, figure, recorded, monkeypatch):
    monkeypatch.setattr(figures, "ENTRIES", (replace(figure, sweep="sizes"),))
    for command in ("cite", "export"):
        answer = incontext(command, "A99", "--preset", "smoke")
        assert (answer.status, answer.out.count("Data")) == (2, 0)
        assert "A99 shows the sweep sizes; leave out --preset smoke" in answer.err


def test_a_record_too_old_for_its_figure_is_named(incontext, recorded, places, monkeypatch):
    monkeypatch.setattr(FigureEntry, "draw", lambda self, result: result.tables["newer"])
    answer = incontext("export", "A99", "--out", places.out)
    assert answer.status == 1
    assert "figure A99 shows 'newer', which the record tiny/paper does not hold" in answer.err
    assert "incontext run tiny --preset paper --record" in answer.err
    assert answer.err.count("\n") == 1


def test_exported_numbers_are_the_recorded_ones(incontext, recorded, places):
    assert incontext("export", "A99", "--format", "csv", "--out", places.out).status == 0
    assert sorted(path.name for path in places.out.iterdir()) == [
        "A99-curve.csv",
        "A99-metrics.csv",
    ]
    source = places.reports / "tiny" / "paper" / "curve.csv"
    assert (places.out / "A99-curve.csv").read_bytes() == source.read_bytes()
    assert len(pd.read_csv(places.out / "A99-metrics.csv")) == 4


def test_a_damaged_record_is_not_exported(incontext, recorded, places):
    (places.reports / "tiny" / "paper" / "curve.csv").write_text("")
    answer = incontext("export", "A99", "--format", "csv", "--out", places.out)
    assert answer.status == 1
    assert "curve.csv: it was changed" in answer.err
    assert not places.out.exists()


def test_papers_are_cited_as_the_book_does():
    book = (repository_root() / "references.bib").read_text("utf-8")
    for paper in PAPERS.values():
        entry = re.search(rf"@{paper.kind}{{{paper.key},.*?\n}}", book, re.DOTALL).group()
        written = dict(re.findall(r"^ *(\w+) *= \{(.*)\},?$", entry, re.MULTILINE))
        same = {name: text for name, text in paper.fields.items() if name in written}
        assert same == {name: written[name] for name in same}
        assert {"title", "author", "year"} <= set(same)


def test_bibtex_is_well_formed():
    for paper in PAPERS.values():
        text = paper.bibtex("Figure 2")
        assert text.count("{") == text.count("}")
        assert replace_balanced(text) == ""


def replace_balanced(text):
    """What is left outside of braces, the kind and commas apart."""
    while "{" in text:
        text = re.sub(r"\{[^{}]*\}", "", text)
    return re.sub(r"@\w+", "", text).strip()


def test_the_manifest_of_a_citation_is_checked(incontext, recorded, places):
    path = Path(places.reports / "tiny" / "paper" / "manifest.json")
    path.write_bytes(path.read_bytes().replace(b"1.25", b"1.26"))
    answer = incontext("cite", "A99")
    assert answer.status == 1
    assert "manifest.json: it was changed" in answer.err
    assert replace(recorded, wall_seconds=1.26).checksum == recorded.checksum
