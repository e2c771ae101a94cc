"""Decides by hashes, never by dates, whether a chapter or the book must be made again.

A chapter depends on its own text, on the modules of `incontext` that it reaches through its
imports, on the experiments it names, their recorded results and what draws their figures (on all
of them if it names none), on the ledger of claims, on the lock and on the script that executes
it. Each dependency set is one hash in one small file, rewritten only when the hash changes, and
Snakemake looks at those files alone.
"""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

import contents
import jupytext

from incontext import figures

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src"


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


def chapter_dependencies(chapter: Path, data: Path) -> set[Path]:
    """Every file whose content can change what `chapter` shows."""
    code = "\n".join(
        without_magics(cell.source)
        for cell in jupytext.read(chapter).cells
        if cell.cell_type == "code"
    )
    tree = ast.parse(code, filename=str(chapter))
    experiments = named_experiments(tree, data)
    modules = imported_modules(tree) | {f"incontext.experiments.{name}" for name in experiments}
    modules |= drawing_modules(experiments)
    recorded = [data / name.replace("_", "-") for name in experiments] or [data]
    return {
        chapter,
        ROOT / "requirements.lock",
        ROOT / "workflow" / "execute.py",
        *reachable(modules),
        *PACKAGE.glob("incontext/records/ledger.toml"),
        *(path for folder in recorded for path in folder.rglob("*") if path.is_file()),
    }


def experiment_dependencies(name: str) -> set[Path]:
    """Every file whose content can change the results of experiment `name`."""
    modules = {f"incontext.experiments.{name.replace('-', '_')}"}
    return {ROOT / "requirements.lock", *reachable(modules)}


def drawing_modules(experiments: set[str]) -> set[str]:
    """Modules that draw the figures of experiments; no import statement names them."""
    return {
        entry.module
        for entry in figures.ENTRIES
        if not experiments or entry.experiment.replace("-", "_") in experiments
    }


def without_magics(source: str) -> str:
    """The cell without IPython's % and ! lines, which Python cannot parse."""
    return "\n".join(
        line for line in source.split("\n") if not line.lstrip().startswith(("%", "!"))
    )


def named_experiments(tree: ast.AST, data: Path) -> set[str]:
    """Module names of the experiments that the code names in string literals."""
    folder = PACKAGE / "incontext" / "experiments"
    known = {path.stem for path in folder.glob("[a-z]*")}
    known |= {path.name.replace("-", "_") for path in data.glob("*") if path.is_dir()}
    words = {
        node.value.replace("-", "_")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return known & words


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
    """Source files of `incontext` that `names` lead to, through imports of any depth."""
    found: set[Path] = set()
    waiting = list(names)
    while waiting:
        for path in source_files(waiting.pop()):
            if path not in found:
                found.add(path)
                waiting.extend(imported_modules(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def source_files(name: str) -> list[Path]:
    """Files that importing `name` runs: the packages on the way and the module itself."""
    parts = name.split(".")
    if parts[0] != "incontext":
        return []
    packages = [PACKAGE.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    module = PACKAGE.joinpath(*parts[:-1], parts[-1] + ".py")
    return [path for path in [*packages, module] if path.is_file()]


def book_dependencies(source: Path, data: Path) -> set[Path]:
    """Every file but chapters that the pages are made from: texts, scripts, library, results."""
    texts = [source / name for name in contents.book_files(source)]
    scripts = [ROOT / "requirements.lock", *(ROOT / "workflow").rglob("*.py")]
    library = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("schema/*.json")]
    recorded = [path for path in data.rglob("*") if path.is_file() and path.name[0] != "."]
    measured = (ROOT / "benchmarks" / "results").glob("*.json")
    return {*texts, *scripts, *library, *recorded, *measured}
