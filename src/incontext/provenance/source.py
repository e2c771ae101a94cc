"""The source that makes a result: found by reading imports, hashed without layout and comments."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from incontext.errors import Refusal
from incontext.provenance.canonical import hash_json

SCIENCE = ("tasks", "baselines", "models", "training", "analysis", "networks", "experiments")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class File:
    """A source file as it was first read in this process, and what is made of that only once."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @cached_property
    def imports(self) -> frozenset[str]:
        """The modules of the science rooms that it imports."""
        return frozenset(name for name in _imports(self.tree) if _is_science(name))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what it does."""
        return hash_json(syntax(self.tree))


def source_files(module: str) -> list[File]:
    """Return the source files of the science rooms that a module imports, itself included.

    Imports are followed by reading the source, so nothing is run. Sorted by path.
    """
    found: dict[str, File] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found and (file := _file(name)) is not None:
            found[name] = file
            waiting += file.imports
    return sorted(found.values(), key=lambda file: file.path)


def sources(module: str) -> dict[str, str]:
    """Return the SHA-256 of what each of `source_files(module)` does, by its name.

    It is over syntax trees without docstrings, so that layout and comments do not count.

    Raises: Refusal if the module has no source file beside this package.
    """
    return {_name(file): file.digest for file in _known(module)}


def syntax(node: object) -> Any:  # noqa: ANN401 - nested lists, objects and texts
    """Return a syntax tree as a JSON value: what it does, without docstrings.

    The same for every version of Python: fields that are empty are left out, constants are ASCII.
    """
    if isinstance(node, list):
        return [syntax(one) for one in node]
    if not isinstance(node, ast.AST):
        return ascii(node)
    inner = dict(ast.iter_fields(node))
    if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
        inner["body"] = node.body[1:]
    if isinstance(node, ast.JoinedStr):  # Python 3.12 adds empty texts that 3.13 does not
        inner["values"] = [one for one in node.values if getattr(one, "value", None) != ""]
    inner.pop("ctx", None)  # read or written: the place in the tree says it
    kept = {name: syntax(value) for name, value in inner.items() if value not in (None, [])}
    return [type(node).__name__, kept]


def _is_science(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "incontext" and len(parts) > 1 and parts[1] in SCIENCE


def _known(module: str) -> list[File]:
    if _file(module) is None:
        raise Refusal(f"the source of {module} is not under {_source_root().name}/")
    return source_files(module)


def _name(file: File) -> str:
    return file.path.relative_to(_source_root()).as_posix()


@cache
def _file(module: str) -> File | None:
    """Return the file of a module, read but not imported; None if it is none."""
    base = _source_root() / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return File(path, path.read_text("utf-8"))
    return None


def _source_root() -> Path:
    return Path(__file__).resolve().parents[2]


def _imports(tree: ast.Module) -> Iterator[str]:
    """Yield the modules that a file imports.

    A name imported from a package is the module of that name if there is one, else the package:
    so the registry of experiments does not count as source of every experiment.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _is_science(inner) and _file(inner) else node.module
