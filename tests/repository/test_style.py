"""House rules that ruff has no rule for."""

import ast

import jupytext
from sources import ROOT, modules, parsed

MAX_CELL_LINES = 20


def positional_keys(tree):
    """Public functions that take a PRNG key by position."""
    inner = [one for node in tree.body if isinstance(node, ast.ClassDef) for one in node.body]
    functions = [one for one in (*tree.body, *inner) if isinstance(one, ast.FunctionDef)]
    public = [one for one in functions if not one.name.startswith("_")]
    return [one.name for one in public if "key" in {argument.arg for argument in one.args.args}]


def test_keys_are_keyword_only():
    allowed = {"init"}  # of Haiku's form: init(key)
    found = {str(path): set(positional_keys(parsed(path))) - allowed for path in modules()}
    assert {path: names for path, names in found.items() if names} == {}
    assert positional_keys(ast.parse("def draw(key): ...\ndef good(*, key): ...")) == ["draw"]


def test_cells_of_chapters_are_short():
    for path in (ROOT / "chapters").glob("*.md"):
        cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
        assert [cell for cell in cells if len(cell.splitlines()) > MAX_CELL_LINES] == [], path
