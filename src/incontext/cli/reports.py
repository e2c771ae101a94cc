"""What is recorded, how long it took, and whether it still is what was recorded."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from incontext import experiments
from incontext.cli import lookup
from incontext.cli.errors import UsageError, unknown
from incontext.cli.names import check_preset
from incontext.cli.tables import make_table, print_table
from incontext.paths import data_directory
from incontext.records import store
from incontext.records.errors import RecordError
from incontext.records.source import changed
from incontext.records.types import Manifest
from incontext.records.verify import verify

if TYPE_CHECKING:
    from incontext.experiments.types import Experiment


def list_experiments() -> None:
    """Print every experiment and preset, what is recorded of it and how long it took."""
    root = data_directory()
    table = make_table("experiment", "figures", "preset", "seeds", "recorded", "on", "took")
    for name in experiments.names():
        found = experiments.get(name)
        for preset in found.presets:
            row = (name, ", ".join(found.figures), preset, *_recorded(found, preset, root))
            table.add_row(*row)
        for sweep in _sweeps(found, root):
            figures = ", ".join(found.figures)
            table.add_row(name, figures, sweep, *_recorded(found, sweep, root))
    print_table(table)


def show_problems(name: str | None, preset: str | None = None) -> int:
    """Print everything that is wrong under data/ and return 1 if anything is, else 0.

    name: an experiment, or experiment/preset; None for all.
    """
    check_preset(preset)
    if preset is not None and (name is None or "/" in name):
        raise UsageError(f"--preset {preset} needs one experiment; name it: incontext verify NAME")
    root = data_directory()
    names = {experiment for experiment, _ in store.recorded(root)} | set(experiments.names())
    if name is not None and name.partition("/")[0] not in names:
        raise unknown("experiment", name, sorted(names))
    name = f"{name}/{preset}" if preset else name
    problems = verify(root, name, is_current=lookup.is_current)
    for problem in problems:
        print(problem, file=sys.stderr)
    if not problems:
        chosen = [one for one in store.recorded(root) if name in (None, one[0], "/".join(one))]
        print(f"{len(chosen)} record{'' if len(chosen) == 1 else 's'} as recorded in {root}")
    return int(bool(problems))


def _sweeps(found: "Experiment", root: Path) -> list[str]:
    """Return what is recorded of an experiment beside its presets."""
    names = [preset for name, preset in store.recorded(root) if name == found.name]
    return [one for one in names if one not in found.presets]


def _recorded(found: "Experiment", preset: str, root: Path) -> tuple[str, str, str, str]:
    try:
        manifest = store.load_manifest(found.name, preset, root=root)
    except RecordError:
        is_there = (found.name, preset) in store.recorded(root)
        state = "damaged: see incontext verify" if is_there else "not recorded"
        return str(found.num_seeds.get(preset, "")), state, "", ""
    return (
        str(len(manifest.seeds)),
        f"{manifest.started[:10]}{_staleness(manifest, found)}",
        _device(manifest),
        f"{manifest.wall_seconds:.0f} s",
    )


def _staleness(manifest: Manifest, found: "Experiment") -> str:
    return ", source changed since" if changed(found.train.__module__, manifest) else ""


def _device(manifest: Manifest) -> str:
    return manifest.cpu if manifest.device["platform"] == "cpu" else manifest.device["kind"]
