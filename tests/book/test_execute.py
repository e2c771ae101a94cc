"""One chapter through papermill: what is published, and what a failure says."""

import subprocess
import sys
import time

import execute
import jupytext
import pytest
from chapter_texts import write_chapter
from sources import ROOT

NOISE = r"""import pathlib, sys
print("shown", preset, pathlib.Path.cwd(), sys.prefix)
print("10%\r50%\r100%")
print("progress bar", file=sys.stderr)"""


def run(chapter, output, *options):
    command = [sys.executable, "workflow/execute.py", str(chapter), str(output), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def printed(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def test_published_notebook_holds_results_and_nothing_of_this_machine(tmp_path):
    chapter, output = write_chapter(ROOT / "_build" / "tests", NOISE), tmp_path / "01_tiny.ipynb"
    finished = run(chapter, output)
    assert (finished.returncode, finished.stderr) == (0, "")
    notebook = jupytext.read(output)
    assert printed(notebook) == "shown laptop _build/tests .venv\n100%\n"
    assert notebook.metadata.papermill.input_path == "chapters/01_tiny.md"
    assert str(ROOT) not in output.read_text()


def test_parameters_reach_the_chapter_and_are_shown_only_when_they_differ(tmp_path):
    chapter = write_chapter(tmp_path / "chapters", "print(preset, fresh)")
    hidden = {}
    for preset in ("laptop", "smoke"):
        output = tmp_path / f"{preset}.ipynb"
        assert run(chapter, output, "--preset", preset).returncode == 0
        notebook = jupytext.read(output)
        assert printed(notebook) == f"{preset} False\n"
        tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
        (injected,) = [found for found in tags if "injected-parameters" in found]
        hidden[preset] = "remove-cell" in injected
    assert hidden == {"laptop": True, "smoke": False}


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("loss = 1 / 0", "ZeroDivisionError: division by zero"),
        ("import os; os._exit(3)", "the kernel died"),
        ("import time; time.sleep(60)", "the chapter ran longer than its 6 seconds"),
    ],
    ids=["raises", "dies", "hangs"],
)
def test_failure_names_chapter_and_cell_in_one_line_and_publishes_nothing(
    tmp_path, cell, reason, record_property
):
    record_property("faults", 1)
    chapter = write_chapter(tmp_path / "chapters", "x = 1", cell, "print('never')")
    output = tmp_path / "out" / "01_tiny.ipynb"
    output.parent.mkdir()
    output.write_text("an older result")
    started = time.monotonic()
    finished = run(chapter, output, "--timeout", "6")
    assert finished.returncode == 1
    assert finished.stderr == (
        f"chapters/01_tiny.md: stopped at code cell 3 (line 26, `{cell}`): {reason}\n"
    )
    assert list(output.parent.iterdir()) == []
    assert time.monotonic() - started < 30


def test_a_chapter_that_is_not_there_is_named(tmp_path):
    finished = run("chapters/none.md", tmp_path / "out.ipynb")
    assert finished.returncode == 1
    assert finished.stderr == (
        "chapters/none.md: there is no such chapter; name a file of chapters/\n"
    )


def test_the_chapter_as_a_whole_has_the_time_limit(tmp_path, record_property):
    """Three cells of 3 s each pass a limit of 5 s per cell, but not one of 5 s in all."""
    record_property("faults", 1)
    chapter = write_chapter(tmp_path / "chapters", *["import time; time.sleep(3)"] * 3)
    finished = run(chapter, tmp_path / "out.ipynb", "--timeout", "5")
    assert finished.returncode == 1
    assert "longer than its 5 seconds" in finished.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1%\r2%\rdone\nnext\n", "done\nnext\n"),
        ("plain\r\n", "plain\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("", ""),
    ],
)
def test_final_lines_are_what_a_terminal_would_show(text, shown):
    assert execute.final_lines(text) == shown
