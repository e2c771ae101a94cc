"""The project's own files, as the repository tests see them."""

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "incontext"


def modules() -> list[Path]:
    """Every Python file of the library."""
    return sorted(PACKAGE.rglob("*.py"))


def scripts() -> list[Path]:
    """Every Python file outside the library and the tests."""
    return sorted([*(ROOT / "workflow").glob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])


def module_name(path: Path) -> str:
    """Dotted name of a file of the library."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parsed(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def short(path: Path) -> str:
    """The path as a test id."""
    return str(path.relative_to(ROOT))


def tracked_files() -> list[Path]:
    """Every file that git holds and that still exists."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]
