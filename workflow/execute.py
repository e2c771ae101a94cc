"""Executes one chapter: MyST text -> notebook -> papermill -> a notebook fit to be published.

Run as `python workflow/execute.py chapters/NN.md out.ipynb`. Exit 0 and a notebook, or
exit 1, one sentence that names chapter and cell, and no notebook.
"""

import argparse
import logging
import os
import platform
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jupytext
import papermill
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

WIDGET = "application/vnd.jupyter.widget-view+json"
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
FAILURES = (PapermillExecutionError, CellExecutionError, CellTimeoutError, DeadKernelError)


def main() -> None:
    """Parse the command line, execute the chapter, report a failure in one sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chapter", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--preset", default="laptop")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds for the chapter")
    parser.add_argument("--progress", type=Path, help="file that receives 'done total'")
    order = parser.parse_args()
    if not order.chapter.is_file():
        sys.exit(f"{order.chapter}: there is no such chapter; name a file of chapters/")
    order.output.unlink(missing_ok=True)
    order.output.parent.mkdir(parents=True, exist_ok=True)
    notebook, started = jupytext.read(order.chapter), []
    with tempfile.TemporaryDirectory() as scratch:
        isolate_jupyter(Path(scratch))
        try:
            executed = run(order, notebook, started)
        except FAILURES as failure:
            where = locate(started[-1], notebook, order.chapter) if started else "its start"
            said = reason(failure, order.timeout)
            sys.exit(f"chapters/{order.chapter.name}: stopped at {where}: {said}")
    partial = order.output.with_suffix(".partial")
    partial.write_text(jupytext.writes(clean(executed, order), fmt="ipynb"))
    partial.replace(order.output)


def isolate_jupyter(scratch: Path) -> None:
    """Keep this user's own kernels, start-up files and histories out of the execution."""
    profile = scratch / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c.IPKernelApp.log_level = 40\n")
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    os.environ.update(
        IPYTHONDIR=str(scratch / "ipython"),
        JUPYTER_CONFIG_DIR=str(scratch / "config"),
        JUPYTER_DATA_DIR=str(scratch / "data"),
        JUPYTER_RUNTIME_DIR=str(scratch / "runtime"),
        JUPYTER_PLATFORM_DIRS="1",
        PYDEVD_DISABLE_FILE_VALIDATION="1",
    )


def run(
    order: argparse.Namespace, notebook: NotebookNode, started: list[NotebookNode]
) -> NotebookNode:
    """Run every cell; the chapter as a whole, not each cell, has the time limit.

    Every code cell is appended to `started` as it starts, so that a failure has a place.
    """
    deadline = time.monotonic() + order.timeout
    total = sum(cell.cell_type == "code" for cell in notebook.cells) + 1  # + the injected cell

    def report(**event: object) -> None:
        if order.progress:
            order.progress.parent.mkdir(parents=True, exist_ok=True)
            order.progress.write_text(f"{len(started)} {total}")

    return papermill.execute_notebook(
        notebook,
        None,
        parameters={"preset": order.preset, "fresh": order.fresh},
        kernel_name="python3",
        cwd=str(order.chapter.parent),
        progress_bar=False,
        timeout_func=lambda cell: max(1, round(deadline - time.monotonic())),
        on_cell_execute=lambda cell, cell_index: started.append(cell),
        on_cell_executed=report,
        shutdown_kernel="immediate",
    )


def reason(failure: Exception, timeout: float) -> str:
    """What went wrong, in one line."""
    if isinstance(failure, CellTimeoutError):
        return f"the chapter ran longer than its {timeout:g} seconds"
    if isinstance(failure, PapermillExecutionError | CellExecutionError):
        return ANSI.sub("", f"{failure.ename}: {failure.evalue}").splitlines()[0]
    return "the kernel died"


def locate(cell: NotebookNode, notebook: NotebookNode, chapter: Path) -> str:
    """The cell's number among the code cells, its line in the chapter, its first line."""
    sources = [other.source for other in notebook.cells if other.cell_type == "code"]
    if cell.source not in sources:
        return "the cell of injected parameters"
    number = sources.index(cell.source) + 1
    line = chapter.read_text().split(cell.source, 1)[0].count("\n") + 1
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"code cell {number} (line {line}, `{first.strip()}`)"


def clean(notebook: NotebookNode, order: argparse.Namespace) -> NotebookNode:
    """Remove what belongs to this machine and this run: paths, progress bars, noise."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["incontext"] = measured()
    notebook.metadata.papermill.update(
        input_path=f"chapters/{order.chapter.name}",
        output_path=f"chapters/{order.chapter.stem}.ipynb",
        environment_variables={},
    )
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [clean_output(output) for output in cell.outputs if is_kept(output)]
        injected = "injected-parameters" in cell.metadata.get("tags", [])
        if injected and (order.preset, order.fresh) == ("laptop", False):  # as the chapter says
            cell.metadata.tags.append("remove-cell")
    return notebook


def measured() -> dict[str, Any]:
    """The most memory that the chapter's kernel held, and on what it ran."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"peak_memory_mb": round(peak / 1e6), "machine": f"{platform.machine()}, {cores} cores"}


def is_kept(output: NotebookNode) -> bool:
    """Whether a reader should see this output; standard error and live widgets are noise."""
    if output.output_type == "stream":
        return output.name != "stderr"
    return WIDGET not in output.get("data", {})


def clean_output(output: NotebookNode) -> NotebookNode:
    """The output without overwritten progress lines and without this machine's paths."""
    if output.output_type == "stream":
        output.text = without_paths(final_lines(output.text))
    for kind, content in output.get("data", {}).items():
        if kind.startswith("text/") and isinstance(content, str):
            output.data[kind] = without_paths(content)
    return output


def final_lines(text: str) -> str:
    """What a terminal would show at the end: of each line, the part after the last return."""
    lines = ANSI.sub("", text).split("\n")
    return "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)


def without_paths(text: str) -> str:
    """Absolute paths of the checkout, the environment and the home directory made relative."""
    root = str(Path(__file__).resolve().parent.parent)
    names = {sys.prefix: ".venv", root + "/": "", root: ".", str(Path.home()): "~"}
    for prefix, name in names.items():
        text = text.replace(prefix, name)
    return text


if __name__ == "__main__":
    main()
