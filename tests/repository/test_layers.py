"""Imports point one way: a room may import only the rooms that `MAY_IMPORT` gives it.

chapters -> figures, experiments, records -> analysis, networks, training, provenance
         -> models, baselines, tasks
"""

import ast

import pytest
from sources import PACKAGE, modules, parsed

ALONE = {"errors", "files", "paths", "presets"}  # import nothing of the rooms
SCIENCE = {"tasks", "baselines", "models"}
MAY_IMPORT = {
    **dict.fromkeys(ALONE, ALONE),
    "provenance": ALONE,
    "tasks": ALONE,
    "baselines": {"tasks", *ALONE},
    "models": {"tasks.types", *ALONE},
    "training": {*SCIENCE, "provenance", *ALONE},
    "analysis": {*SCIENCE, "training", *ALONE},
    "networks": {*SCIENCE, "training", "analysis", "provenance", *ALONE},
    "records": {"provenance", *ALONE},
    "experiments": {*SCIENCE, "training", "analysis", "networks", "records", "provenance", *ALONE},
    "figures": {"experiments", "records", *ALONE},
}
TOP = {"__init__": {"networks", "experiments"}, "__main__": {"cli"}, "cli": {*MAY_IMPORT}}
MAY_IMPORT |= TOP


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def arrows_back(room, names):
    """Imports of `incontext` among `names` that `room` may not make."""
    inside = [name.removeprefix("incontext.") for name in names if name.startswith("incontext.")]
    allowed = {room, *MAY_IMPORT[room]}
    return [
        name
        for name in inside
        if not any(f"{name}.".startswith(f"{target}.") for target in allowed)
    ]


def test_every_room_imports_only_what_lies_below_it():
    rooms = {room_of(path) for path in modules()}
    assert rooms == MAY_IMPORT.keys(), "say in MAY_IMPORT what a new room may import"
    found = {str(path): arrows_back(room_of(path), imports(parsed(path))) for path in modules()}
    assert {path: names for path, names in found.items() if names} == {}


def test_the_rooms_have_an_order():
    """Following the arrows one never comes back, but to `files`, `errors` and their like."""
    below = {
        room: {name.split(".")[0] for name in names} - {room} for room, names in MAY_IMPORT.items()
    }
    below = {room: names - ALONE for room, names in below.items()}
    while below:
        lowest = {room for room, names in below.items() if not names & below.keys()}
        assert lowest, f"a circle among {sorted(below)}"
        below = {room: names for room, names in below.items() if room not in lowest}


@pytest.mark.parametrize(
    ("room", "statement"),
    [
        ("models", "from incontext.baselines import closed_form"),
        ("baselines", "import incontext.models.attention"),
        ("tasks", "from incontext.models import attention"),
        ("records", "from incontext import experiments"),
        ("networks", "from incontext.records import store"),
        ("models", "from incontext.tasks.regression import LinearRegression"),
    ],
)
def test_an_arrow_pointing_back_is_found(room, statement):
    assert arrows_back(room, imports(ast.parse(statement))) != []
