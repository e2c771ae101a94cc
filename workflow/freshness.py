"""Decides by hashes, never by dates, whether a chapter, a report or the book must be made again.

A chapter depends on its own text, on the modules of `incontext` that it reaches through its
imports, on the experiments it names, their recorded results and what draws their figures (on all
of them if it names none), on the ledger of claims, on the lock and on the script that executes
it. Each dependency set is one hash in one small file, rewritten only when the hash changes, and
Snakemake looks at those files alone.
"""

import ast
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import jupytext
import yaml

from incontext import figures, paths

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src"
FILES = ("_config.yml", "_toc.yml", "references.bib", "CITATION.cff")
FOLDERS = ("images", "_static", "sweeps")


def digest(paths: Iterable[Path], *extra: str) -> str:
    """SHA-256 over names and contents of `paths`, and over the `extra` settings."""
    total = hashlib.sha256("\0".join(extra).encode())
    for path in sorted(set(paths)):
        total.update(f"\0{path.name}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def keep_stamp(stamp: Path, value: str) -> Path:
    """Write `value` to `stamp` unless it is there already, so that its date means a change."""
    if not stamp.is_file() or stamp.read_text() != value:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(value)
    return stamp


def kept(folder: str, name: str, key: str, make: Callable[[], bytes]) -> Path:
    """A file below the build directory, made once for as long as its key stays the same."""
    stem, dot, kind = name.rpartition(".")
    path = paths.build_directory() / folder / f"{stem}-{key[:16]}{dot}{kind}"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(make())
        partial.replace(path)
    return path


def chapter_dependencies(chapter: Path, reports: Path) -> set[Path]:
    """Every file whose content can change what `chapter` shows."""
    cells = [cell.source for cell in jupytext.read(chapter).cells if cell.cell_type == "code"]
    lines = [line for cell in cells for line in cell.split("\n")]
    code = "\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))
    tree = ast.parse(code, filename=str(chapter))
    experiments = named_experiments(tree, reports)
    modules = imported_modules(tree) | {f"incontext.experiments.{name}" for name in experiments}
    modules |= {
        entry.module
        for entry in figures.ENTRIES  # no import statement names what draws
        if not experiments or entry.experiment.replace("-", "_") in experiments
    }
    recorded = [reports / name.replace("_", "-") for name in experiments] or [reports]
    return {
        chapter,
        ROOT / "requirements.lock",
        ROOT / "workflow" / "execute.py",
        *reachable(modules),
        *PACKAGE.glob("incontext/records/ledger.toml"),
        *(path for folder in recorded for path in folder.rglob("*") if path.is_file()),
    }


def experiment_dependencies(name: str) -> set[Path]:
    """Every file whose content can change the report of experiment `name`."""
    modules = {f"incontext.experiments.{name.replace('-', '_')}"}
    return {ROOT / "requirements.lock", *reachable(modules)}


def book_dependencies(source: Path, data: Path) -> set[Path]:
    """Every file but chapters that the pages are made from: texts, scripts, library, results."""
    return {
        *(source / name for name in book_files(source)),
        *(ROOT / "requirements.lock", *(ROOT / "workflow").rglob("*.py")),
        *(*PACKAGE.rglob("*.py"), *PACKAGE.rglob("schema/*.json")),
        *(path for path in data.rglob("[!.]*.*") if path.suffix != ".unfinished"),
        *(ROOT / "benchmarks" / "results").glob("*.json"),
    }


def named_experiments(tree: ast.AST, reports: Path) -> set[str]:
    """Module names of the experiments that the code names in string literals."""
    known = {path.stem for path in (PACKAGE / "incontext" / "experiments").glob("[a-z]*")}
    known |= {path.name.replace("-", "_") for path in reports.glob("*") if path.is_dir()}
    constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return known & {one.replace("-", "_") for one in constants if isinstance(one, str)}


def imported_modules(tree: ast.AST) -> set[str]:
    """Absolute names of everything the code imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def reachable(names: Iterable[str]) -> set[Path]:
    """Source files of `incontext` that `names` lead to, through imports of any depth.

    Importing a module also runs the packages on the way to it.
    """
    found: set[Path] = set()
    waiting = list(names)
    while waiting:
        parts = waiting.pop().split(".")
        if parts[0] != "incontext":
            continue
        packages = [PACKAGE.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        for path in {*packages, PACKAGE.joinpath(*parts[:-1], parts[-1] + ".py")} - found:
            if path.is_file():
                found.add(path)
                waiting.extend(imported_modules(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def page_names(source: Path) -> list[str]:
    """Every page that the table of contents names, without suffix, the first page first."""

    def names(entry: object) -> Iterator[str]:
        if isinstance(entry, dict):
            for key, value in entry.items():
                yield from [str(value)] if key in ("root", "file") else names(value)
        elif isinstance(entry, list):
            for one in entry:
                yield from names(one)

    return list(names(yaml.safe_load((source / "_toc.yml").read_text())))


def book_files(source: Path) -> list[Path]:
    """Every file of the book that is not a chapter, relative to `source`."""
    texts = [f"{name}.md" for name in page_names(source) if not name.startswith("chapters/")]
    named = [Path(name) for name in (*FILES, *texts) if (source / name).is_file()]
    inside = [path for folder in FOLDERS for path in sorted((source / folder).rglob("*"))]
    return [*named, *(path.relative_to(source) for path in inside if path.is_file())]
