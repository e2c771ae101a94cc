"""The source that makes a result: found by reading imports, hashed without layout and comments."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from incontext.records.errors import RecordError
from incontext.records.manifest import hash_json
from incontext.records.types import SCHEMA_VERSION, Manifest

SCIENCE = ("tasks", "baselines", "models", "training", "analysis", "experiments")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def source_files(module: str) -> list[Path]:
    """Return the source files of the science rooms that a module imports, itself included.

    Imports are followed by reading the source, so nothing is run. Sorted by path.
    """
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [one for one in _imports(path) if _is_science(one)]
    return sorted(found.values())


def source_hash(module: str, schema_version: int = SCHEMA_VERSION) -> str:
    """Return the SHA-256 over the names and contents of `source_files(module)`.

    Contents are syntax trees without docstrings, so that layout and comments do not count; in
    manifests of version 1 they are the texts.

    Raises: RecordError if the module has no source file beside this package.
    """
    if _path_of(module) is None:
        raise RecordError(f"the source of {module} is not under {_source_root().name}/")
    content = str if schema_version == 1 else syntax
    contents = {
        path.relative_to(_source_root()).as_posix(): content(path.read_text("utf-8"))
        for path in source_files(module)
    }
    return hash_json(contents)


def syntax(text: str) -> Any:  # noqa: ANN401 - nested lists, objects and texts
    """Return what a Python source does as a JSON value: its syntax tree without docstrings.

    The same for every version of Python: fields that are empty are left out, constants are ASCII.
    """
    return _tree(ast.parse(text))


def _tree(node: object) -> Any:  # noqa: ANN401 - nested lists, objects and texts
    if isinstance(node, list):
        return [_tree(one) for one in node]
    if not isinstance(node, ast.AST):
        return ascii(node)
    inner = dict(ast.iter_fields(node))
    if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        inner["body"] = node.body[1:]
    if isinstance(node, ast.JoinedStr):  # Python 3.12 adds empty texts that 3.13 does not
        inner["values"] = [one for one in node.values if getattr(one, "value", None) != ""]
    kept = {name: _tree(value) for name, value in inner.items() if value not in (None, [])}
    return [type(node).__name__, kept]


def has_changed(module: str, manifest: Manifest) -> bool:
    """Return whether the source of a module is another than that which made a record."""
    return source_hash(module, manifest.schema_version) != manifest.source_hash


def _is_science(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "incontext" and len(parts) > 1 and parts[1] in SCIENCE


def _path_of(module: str) -> Path | None:
    """Return the file of a module, without importing it; None if it is none."""
    base = _source_root() / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _source_root() -> Path:
    return Path(__file__).resolve().parents[2]


def _imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports.

    A name imported from a package is the module of that name if there is one, else the package:
    so the registry of experiments does not count as source of every experiment.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _path_of(inner) else node.module
