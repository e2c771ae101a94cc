"""The first cell of a downloaded notebook: installs the project only where it is missing."""

import dataclasses
import importlib.util
import subprocess

import pytest
from pages import notebooks
from pages.citations import Citations
from sources import ROOT

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
    first, second = notebooks.json.loads(path.read_text())["cells"]
    assert first["cell_type"] == "code"
    assert second == {"cell_type": "markdown", "source": "text"}


def test_a_figure_keeps_the_picture_for_light_pages_and_its_caption():
    pictures = "".join(
        f'<img class="only-{theme} {width}" src="data:{theme},{width}">'
        for width in ("wide", "narrow")
        for theme in ("light", "dark")
    )
    data = {
        "text/html": f"<figure>{pictures}<figcaption>Words</figcaption></figure>",
        "image/png": "x",
    }
    notebooks.keep_one_picture(data)
    left = (
        '<figure><img class="only-light wide" src="data:light,wide"><figcaption>Words</figcaption>'
    )
    assert data == {"text/html": f"{left}</figure>"}
    table = {"text/html": "<table></table>", "image/png": "x"}
    notebooks.keep_one_picture(table)
    assert set(table) == {"text/html", "image/png"}
