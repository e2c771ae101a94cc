"""The first cell of a downloaded notebook: installs the project only where it is missing."""

import dataclasses
import importlib.util
import json
import subprocess

import pytest
from pages import notebooks
from pages.citations import Citations
from sources import ROOT

from incontext.figures.display import element

HERE = Citations.read(ROOT)
THERE = dataclasses.replace(HERE, url="https://example.org/incontext", branch="main")


def test_nothing_happens_where_the_project_is_installed(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("something was run"))
    for citations in (HERE, THERE):
        exec(notebooks.source(citations), {})


def test_it_is_installed_from_its_address_where_it_is_missing(monkeypatch):
    commands = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(subprocess, "run", lambda command, check: commands.append(command))
    exec(notebooks.source(THERE), {})
    assert commands[0][-1] == "incontext[cli,book] @ git+https://example.org/incontext@main"


def test_without_an_address_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ModuleNotFoundError, match="in a checkout"):
        exec(notebooks.source(dataclasses.replace(HERE, url="")), {})


def test_the_cell_comes_first_and_the_others_stay(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text('{"cells": [{"cell_type": "markdown", "source": "text"}]}')
    notebooks.write(tmp_path, HERE)
    first, second = json.loads(path.read_text())["cells"]
    assert first["cell_type"] == "code"
    assert second == {"cell_type": "markdown", "source": "text"}


def test_a_figure_keeps_one_picture_and_its_caption(tmp_path):
    picture = element(b"<svg wide>", "alt", b"<svg narrow>")
    shown = [f"<figure>{picture}<figcaption>Words</figcaption></figure>", "<table></table>"]
    outputs = [{"data": {"text/html": one}} for one in shown]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": outputs}]}))
    notebooks.write(tmp_path, HERE)
    kept = [one["data"]["text/html"] for one in json.loads(path.read_text())["cells"][1]["outputs"]]
    one = element(b"<svg wide>", "alt")
    assert kept == [f"<figure>{one}<figcaption>Words</figcaption></figure>", "<table></table>"]
