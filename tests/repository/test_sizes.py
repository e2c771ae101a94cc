"""Sizes that keep the code readable, and documentation of everything public."""

import ast

import pytest
from sources import ROOT, modules, parsed, scripts, short

MAX_MODULE_LINES = 250
MAX_BODY_LINES = 40
MAX_ARGUMENTS = 8
MAX_CELL_LINES = 20
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

every_file = pytest.mark.parametrize("path", [*modules(), *scripts()], ids=short)
every_module = pytest.mark.parametrize("path", modules(), ids=short)


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]


def body_lines(function):
    """Lines of a function after its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def arguments(function):
    spec = function.args
    names = [argument.arg for argument in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)]
    return [name for name in names if name not in {"self", "cls"}]


def public_nodes(tree):
    """Public functions and classes of a module, and the public methods of those classes."""
    for node in tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, FUNCTIONS) and not inner.name.startswith("_")
                )


def missing_annotations(function):
    spec = function.args
    listed = (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)
    bare = [a.arg for a in listed if a.annotation is None and a.arg not in {"self", "cls"}]
    return bare if function.returns is not None else [*bare, "return"]


@every_file
def test_module_fits_on_a_few_screens(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MODULE_LINES


@every_file
def test_functions_are_short_and_take_few_arguments(path):
    found = functions(parsed(path))
    assert [f.name for f in found if body_lines(f) > MAX_BODY_LINES] == []
    assert [f.name for f in found if len(arguments(f)) > MAX_ARGUMENTS] == []


@every_module
def test_public_names_are_documented_and_annotated(path):
    tree = parsed(path)
    assert ast.get_docstring(tree), "the module has no docstring"
    public = list(public_nodes(tree))
    assert [node.name for node in public if not ast.get_docstring(node)] == []
    bare = {n.name: missing_annotations(n) for n in public if isinstance(n, FUNCTIONS)}
    assert {name: missing for name, missing in bare.items() if missing} == {}


@every_module
def test_keys_are_keyword_only(path):
    positional = [
        function.name
        for function in public_nodes(parsed(path))
        if isinstance(function, FUNCTIONS)
        and "key" in {argument.arg for argument in function.args.args}
    ]
    assert positional == []


@pytest.mark.parametrize("path", sorted((ROOT / "chapters").glob("*.md")), ids=short)
def test_chapter_cells_are_short(path):
    import jupytext

    cells = [cell.source for cell in jupytext.read(path).cells if cell.cell_type == "code"]
    assert [cell for cell in cells if len(cell.splitlines()) > MAX_CELL_LINES] == []


def test_the_measures_measure():
    long_body = "def f(a, b):\n    '''Doc.'''\n" + "    x = 1\n" * 41
    (function,) = functions(ast.parse(long_body))
    assert body_lines(function) == 41
    assert arguments(function) == ["a", "b"]
    assert missing_annotations(function) == ["a", "b", "return"]
