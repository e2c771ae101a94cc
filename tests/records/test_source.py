"""The source of a result: what it imports, hashed so that only what it does counts."""

import ast
import hashlib
import json

import pytest
from record_samples import manifest

from incontext.errors import Refusal
from incontext.provenance import source
from incontext.records.provenance import changed

PROGRAM = """
import math

def area(radius):
    return math.pi * radius**2  # of a circle

class Circle:
    unit = "m"
"""
SAME = {
    "comments": PROGRAM.replace("# of a circle", "# of a disc"),
    "line breaks": PROGRAM.replace("radius**2", "(\n        radius\n        ** 2\n    )"),
    "quotes": PROGRAM.replace('"m"', "'m'"),
    "empty lines": PROGRAM.replace("\n\n", "\n\n\n"),
    "a docstring of a function": PROGRAM.replace("radius):", 'radius):\n    """Return it."""'),
    "a docstring of a class": PROGRAM.replace("Circle:", 'Circle:\n    """Round."""\n'),
    "a docstring of the module": '"""About circles."""\n' + PROGRAM,
}
OTHER = {
    "a number": PROGRAM.replace("**2", "**3"),
    "the type of a number": PROGRAM.replace("**2", "**2.0"),
    "an operator": PROGRAM.replace("math.pi *", "math.pi +"),
    "a name": PROGRAM.replace("math.pi", "math.tau"),
    "a text": PROGRAM.replace('"m"', '"km"'),
    "a text that is no docstring": PROGRAM.replace('unit = "m"', 'unit = "m"\n    "m"'),
    "an argument": PROGRAM.replace("(radius)", "(radius=1)"),
    "an order of arguments": PROGRAM.replace("(radius)", "(*, radius)"),
    "a decorator": PROGRAM.replace("def area", "@abs\ndef area"),
    "what is returned": PROGRAM.replace("return math", "math"),
    "a branch that never runs": PROGRAM + "if None:\n    pass\n",
}


def syntax(text):
    return source.syntax(ast.parse(text))


def test_the_source_of_a_module_is_what_it_imports_and_no_more():
    names = {file.path.name for file in source.source_files("incontext.tasks.layout")}
    assert {"layout.py", "types.py"} <= names
    assert "loop.py" not in names
    files = source.source_files("incontext.training.loop")
    assert not any("records" in file.path.parts for file in files)


def test_a_module_without_source_is_refused():
    with pytest.raises(Refusal, match="no_such"):
        source.sources("incontext.no_such")


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_layout_comments_and_docstrings_do_not_count(text):
    assert text != PROGRAM
    assert syntax(text) == syntax(PROGRAM)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_whatever_a_source_does_counts(text):
    assert syntax(text) != syntax(PROGRAM)


def test_no_two_sources_of_the_project_do_the_same():
    files = source.source_files("incontext.experiments.single_layer")
    trees = [file.digest for file in files]
    assert len(files) > 10
    assert len(set(trees)) == len(trees)


def test_a_record_that_names_no_source_is_of_another():
    name = "incontext.tasks.types"
    first = manifest(schema_version=1, sources={})
    assert changed(name, first) == ["incontext/tasks/types.py"]


def test_the_files_that_changed_since_a_record_are_named():
    found = source.sources("incontext.tasks.layout")
    assert changed("incontext.tasks.layout", manifest(sources=found)) == []
    assert changed("incontext.tasks.types", manifest(sources=found)) == []
    edited = {**found, "incontext/tasks/types.py": "0" * 64}
    assert changed("incontext.tasks.layout", manifest(sources=edited)) == [
        "incontext/tasks/types.py"
    ]
    edited.pop("incontext/tasks/layout.py")
    assert len(changed("incontext.tasks.layout", manifest(sources=edited))) == 2


def test_every_version_of_python_sees_the_same_source():
    text = 'def f(x, *, y: int = 0) -> str:\n    return f"{x!r:>{y}} {-1e300 * 1j} ü {None}"\n'
    tree = syntax(text)
    # The same with Python 3.12.1 and 3.13.0, whose own dumps of this text differ.
    found = hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
    assert found == "f2d324b340b7fe828c0b51c5d34abdd1c988bb9b5face78fdbc13a94918defc2"
