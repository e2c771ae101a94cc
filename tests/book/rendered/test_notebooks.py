"""A downloaded chapter runs on its own, anywhere, where the project is installed."""

import json
import subprocess
import sys
from pathlib import Path

import jupytext
import pytest
from sources import ROOT

pytestmark = [pytest.mark.book, pytest.mark.slow]


def cheapest(book):
    """The notebook that took the least time among those that train something and draw it."""
    notebooks = [jupytext.read(path) for path in (book / "notebooks").glob("*.ipynb")]
    training = [one for one in notebooks if "experiment.run(" in jupytext.writes(one, "ipynb")]
    chosen = min(training, key=lambda one: one.metadata.papermill.duration)
    return book / "notebooks" / Path(chosen.metadata.papermill.output_path).name


def test_a_downloaded_notebook_runs_in_an_empty_directory(book, tmp_path):
    (tmp_path / "mine.ipynb").write_bytes(cheapest(book).read_bytes())
    command = [sys.executable, "-m", "papermill", "mine.ipynb", "again.ipynb"]
    options = ["-p", "preset", "smoke", "--kernel", "python3", "--no-progress-bar"]
    finished = subprocess.run(
        [*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    again = jupytext.read(tmp_path / "again.ipynb")
    cells = [cell for cell in again.cells if cell.cell_type == "code"]
    assert "find_spec" in cells[0].source or "find_spec" in cells[1].source
    assert all(cell.execution_count for cell in cells)
    shown = [o for cell in cells for o in cell.outputs if "text/html" in o.get("data", {})]
    assert any("preset smoke" in o["data"]["text/html"] for o in shown)


def test_every_chapter_is_offered_as_it_was_executed(book):
    executed = sorted((book.parent / "executed" / "chapters").glob("*.ipynb"))
    assert [path.stem for path in executed if (ROOT / f"chapters/{path.stem}.md").is_file()]
    for path in executed:
        offered = book / "notebooks" / path.name
        (install, *cells), executed_cells = (
            json.loads(one.read_text())["cells"] for one in (offered, path)
        )
        assert install["id"] == "install"
        sources = [one["source"] for one in cells]
        assert sources == [one["source"] for one in executed_cells]
        printed, before = (
            [o for cell in some for o in cell.get("outputs", []) if "data" not in o]
            for some in (cells, executed_cells)
        )
        assert printed == before
        link = f'href="../notebooks/{path.name}"'
        assert link in (book / "chapters" / f"{path.stem}.html").read_text()
