"""Every chapter has what a reader may count on, in the same order."""

import re

import pytest
from sources import ROOT

CHAPTERS = sorted((ROOT / "chapters").glob("[01]*.md"))
AT_THE_END = ["leaves open", "Exercises", "Verdicts", "Where next"]
LINK = re.compile(r"\]\(([\w./-]+)\)")

LAYER = "08_mesa"  # derives a layer; its second half trains it and has the verdicts
BEYOND = "11_memories"  # of no paper
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


@every_chapter
def test_it_says_what_is_learned_and_what_is_needed(path):
    opening = path.read_text().split("\n## ")[0]
    assert "**After this chapter** you " in opening
    assert "\nYou need " in opening


@pytest.mark.parametrize(
    "path", [path for path in CHAPTERS if path.stem != LAYER], ids=lambda path: path.stem
)
def test_it_derives_checks_trains_draws_and_says_where_the_paper_contradicts_itself(path):
    text = path.read_text()
    assert "$$" in text
    assert text.count("experiment.run(") == 1
    assert "reading.best(" in text
    assert text.count("```{code-cell}") > text.count("show(") + 5
    assert len(re.findall(r"show\([^)]*live", text)) >= 1
    assert "Where text and plots disagree" in text or path.stem == BEYOND


@every_chapter
def test_it_ends_with_what_is_open_exercises_verdicts_and_where_to_go(path):
    text = path.read_text()
    expected = [one for one in AT_THE_END if path.stem != LAYER or one != "Verdicts"]
    found = re.findall(r"^## (.+)$", text, re.MULTILINE)[-len(expected) :]
    assert [re.sub("^What (the paper|this) ", "", one) for one in found] == expected
    exercises = text.split("## Exercises")[1].split("## Verdicts")[0]
    assert len(re.findall(r"^\*\*\d\.\*\*", exercises, re.MULTILINE)) >= 3
    folded = exercises.count("```{admonition} Solution\n:class: dropdown\n")
    assert folded == len(re.findall(r"^\*\*\d\.\*\*", exercises, re.MULTILINE))
    assert LINK.search(text.split("## Where next")[1])
