"""Renders executed notebooks as the book: staged copy, execution off, warnings fatal.

Run as `python workflow/build_book.py --source ROOT --build DIR`. The new pages replace the old
ones in one step and only after Jupyter Book ended without a warning.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import freshness
import yaml
from pages import citations, publication, schemas, tables

SHOWN_WARNINGS = 20
CELL_LINE = re.compile(r"\.ipynb:(\d+)(\d{4}):")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def main() -> None:
    """Parse the command line and build; say in one sentence what stopped the build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, default=Path())
    parser.add_argument("--build", type=Path, default=Path("_build"))
    arguments = parser.parse_args()
    stage = stage_copy(arguments.source, arguments.build)
    book = publication.prepare(stage, {"generated": tables.generate, "interactive": interactive})
    log = arguments.build / "log" / "jupyter-book.log"
    with drawing_ahead(wanted=publication.FULL in book.pages):
        rendered = render(stage, log)
    if not rendered:
        sys.exit(f"the book was not built, see {log}:\n" + "\n".join(problems(log, stage)))
    html = stage / "_build" / "html"
    publication.attach(book, html)
    if "schema" in book.pages:
        schemas.attach(html)
    publish(html, arguments.build / "html")


def interactive(book: publication.Publication, name: str, arguments: list[str]) -> str:
    """A moving figure; JAX is imported only for a book that has one."""
    from pages import interactive

    return interactive.generate(book, name, arguments)


def stage_copy(source: Path, build: Path) -> Path:
    """A fresh folder with the book's text, the executed chapters and execution switched off."""
    stage = build / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(build / "executed" / "chapters", stage / "chapters")
    for name in freshness.book_files(source):
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / name, stage / name)
    config = yaml.safe_load((stage / "_config.yml").read_text())
    (stage / "_config.yml").write_text(yaml.safe_dump(configure(config), sort_keys=False))
    return stage


def configure(config: dict[str, Any]) -> dict[str, Any]:
    """The book's own settings, not executing, with a source button if an address is given."""
    config.setdefault("execute", {})["execute_notebooks"] = "off"
    if address := citations.address(config):
        config.setdefault("repository", {})["url"] = address
        config.setdefault("html", {})["use_repository_button"] = True
    return config


@contextmanager
def drawing_ahead(*, wanted: bool) -> Iterator[None]:
    """Draw all pictures for download on another core; what fails here is drawn, and said, later."""
    if not wanted:
        yield
        return
    command = [sys.executable, "-m", "pages.downloads"]
    places = (str(Path(__file__).parent), os.environ.get("PYTHONPATH", ""))
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    with subprocess.Popen(command, env=found, stderr=subprocess.DEVNULL) as drawing:
        try:
            yield
        except BaseException:
            drawing.kill()
            raise


def render(stage: Path, log: Path) -> bool:
    """Run Jupyter Book with warnings fatal; True if it ended well and wrote a first page."""
    log.parent.mkdir(parents=True, exist_ok=True)
    program = str(Path(sys.executable).with_name("jupyter-book"))
    command = [program, "build", str(stage), "-n", "-W", "--keep-going", "--all"]
    with log.open("w") as stream:
        finished = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT)
    return finished.returncode == 0 and (stage / "_build" / "html" / "index.html").is_file()


def problems(log: Path, stage: Path) -> list[str]:
    """The log's warnings and errors; of a chapter they name cell and line, as myst-nb counts them.

    It gives each cell 10,000 line numbers.
    """
    lines = [ANSI.sub("", line) for line in log.read_text().splitlines()]
    said = [line for line in lines if "WARNING" in line or "ERROR" in line] or lines[-5:]
    short = [line.replace(f"{stage.resolve()}/", "") for line in said[:SHOWN_WARNINGS]]
    return [
        CELL_LINE.sub(lambda found: f".md: cell {int(found[1])}, line {int(found[2])}:", line)
        for line in short
    ]


def publish(rendered: Path, target: Path) -> None:
    """Put the rendered pages in place of the published ones."""
    previous = target.with_name("html.previous")
    shutil.rmtree(previous, ignore_errors=True)
    if target.exists():
        target.rename(previous)
    shutil.move(rendered, target)
    shutil.rmtree(previous, ignore_errors=True)


if __name__ == "__main__":
    main()
