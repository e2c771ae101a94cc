"""Imports point one way: a room may import only the rooms that `MAY_IMPORT` gives it."""

import ast

import pytest
from sources import modules, parsed, short

MAY_IMPORT = {
    "tasks": {"tasks"},
    "baselines": {"baselines", "tasks.types"},
    "models": {"models", "tasks.types"},
    "training": {"training", "models", "baselines", "tasks"},
    "analysis": {"analysis", "models", "baselines", "tasks"},
    "records": {"records", "paths", "presets"},
    "experiments": {
        *("experiments", "records", "analysis", "training", "models", "baselines", "tasks"),
        "paths",
    },
    "figures": {"figures", "experiments", "records"},
    "paths": set(),
    "presets": set(),
    "__init__": set(),
    "cli": {
        *("cli", "figures", "experiments", "records", "analysis", "training", "models"),
        *("baselines", "tasks", "paths", "presets"),
    },
}
ONLY_IN = {"matplotlib": {"figures", "cli"}, "seaborn": {"figures", "cli"}, "typer": {"cli"}}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path):
    parts = path.relative_to(modules()[0].parent).with_suffix("").parts
    return parts[0]


def arrows_left(room, names):
    """Imports of `incontext` among `names` that `room` may not make."""
    inside = [name.removeprefix("incontext.") for name in names if name.startswith("incontext.")]
    allowed = MAY_IMPORT[room]
    return [
        name
        for name in inside
        if not name.startswith("__")
        and not any(name == target or name.startswith(target + ".") for target in allowed)
    ]


@pytest.mark.parametrize("path", modules(), ids=short)
def test_room_imports_only_what_lies_below_it(path):
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is a new room: say in MAY_IMPORT what it may import"
    assert arrows_left(room, imports(parsed(path))) == []


@pytest.mark.parametrize("path", modules(), ids=short)
def test_plotting_and_command_line_packages_stay_in_their_rooms(path):
    used = {name.split(".")[0] for name in imports(parsed(path))}
    misplaced = {name for name in used if room_of(path) not in ONLY_IN.get(name, {room_of(path)})}
    assert misplaced == set()


@pytest.mark.parametrize(
    ("room", "statement"),
    [
        ("models", "from incontext.baselines import closed_form"),
        ("baselines", "import incontext.models.attention"),
        ("tasks", "from incontext.models import attention"),
        ("records", "from incontext import experiments"),
        ("models", "from incontext.tasks.regression import LinearRegression"),
    ],
)
def test_an_arrow_pointing_left_is_found(room, statement):
    assert arrows_left(room, imports(ast.parse(statement))) != []
