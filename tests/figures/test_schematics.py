"""The drawings that open chapters, and the three lines below them."""

import re
from xml.etree import ElementTree

import pytest
from sources import ROOT

from incontext.figures.drawing import WIDTH, bar, text
from incontext.figures.opening import Opening, sure
from incontext.figures.schematics import DRAWINGS, schematic
from incontext.records import reading

CHAPTERS = sorted((ROOT / "chapters").glob("[01]*.md"))
DERIVES = "08_mesa"  # measured in its second half
LEAST_LETTERS = 11  # units of a drawing; a phone shows it at nearly one pixel per unit


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_legible_on_a_phone_and_says_what_it_shows(name):
    drawn = schematic(name)
    root = ElementTree.fromstring(drawn.svg())
    assert drawn.alt
    assert drawn.caption
    assert root.find("{*}title").text == drawn.alt
    for words in root.iter("{http://www.w3.org/2000/svg}text"):
        assert float(words.get("font-size")) >= LEAST_LETTERS
        assert -1 <= float(words.get("x")) <= WIDTH
        assert 0 <= float(words.get("y")) <= drawn.height


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_has_no_colour_of_ink_of_its_own(name):
    painted = set(re.findall(r'(?:fill|stroke)="([^"]+)"', schematic(name).svg()))
    assert painted & {"#000", "#fff", "black", "white"} == set()
    assert "currentColor" in painted


def test_marks_in_words_lower_raise_and_slant():
    drawn = ElementTree.fromstring(text(0, 0, "*x*_i<2"))
    assert "".join(drawn.itertext()) == "xi<2"
    assert [span.get("font-style") for span in drawn] == ["italic", None, None, None]
    shifts = [float(span.get("dy", 0)) for span in drawn]
    assert shifts[1] > 0
    assert sum(shifts) == 0


def test_votes_add_up_to_the_prediction():
    bars = [
        float(one)
        for one in re.findall(r'<rect [^>]*height="([\d.]+)" fill=', schematic("votes").svg())
    ]
    *ballots, total = bars
    hanging = (1, 2)  # a negative similarity, and a negative target
    signed = [-one if k in hanging else one for k, one in enumerate(ballots)]
    assert sum(signed) == pytest.approx(total, abs=1e-3)
    assert 'y="90"' in bar(0, 100, 10, "red")
    assert 'y="100"' in bar(0, 100, -10, "red")


def test_an_unknown_drawing_names_the_known_ones():
    with pytest.raises(ValueError, match=r"'tree'.*votes"):
        schematic("tree")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_opens_with_a_drawing_and_its_result(path):
    opening = path.read_text().split("\n## ")[0]
    drawn = re.findall(r'schematic\("(\w+)"\)', opening)
    assert set(drawn) <= DRAWINGS.keys()
    assert drawn or re.search(r'show\("|<!-- interactive: ', opening)
    if path.stem == DERIVES:
        return
    source = re.search(r"^Opening\(\n.*?^\)$", opening, re.DOTALL | re.MULTILINE)[0]
    assert re.search(r"\d\.\d", source) is None, "a number of ours is typed, not read"
    lines = eval(source, {"Opening": Opening}).lines
    assert re.search(r"\d", lines["We found"])
    assert "{" not in lines["We found"]


def test_numbers_come_from_the_record_and_the_verdicts_are_counted():
    opening = Opening("single-layer", paper="a *word* < b", found="loss {trained_loss:.6f}")
    table = reading.best("single-layer").result.tables["metrics"]
    mean = table[table["metric"] == "trained_loss"]["value"].mean()
    assert opening.lines["We found"] == f"loss {mean:.6f}"
    assert "<em>word</em> &lt; b" in opening._repr_html_()
    with pytest.raises(KeyError):
        Opening("single-layer", paper="", found="{no_such_metric}")
    said = sure("single-layer", "paper")
    verdicts = reading.verdict_table("single-layer").query("preset == 'paper'")["verdict"]
    measured = (verdicts != "not recorded").sum()
    held = (verdicts == "pass").sum()
    assert said.startswith(f"Of {measured} claims measured at the published settings, {held} hold")
