"""What is recorded, how long it took, and whether it still is what was recorded."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from incontext import experiments, provenance
from incontext.cli import lookup
from incontext.cli.errors import UsageError, unknown
from incontext.cli.names import check_preset
from incontext.cli.tables import make_table, print_table, printable
from incontext.errors import RecordError
from incontext.networks.files import FileError, read, read_header
from incontext.networks.recorder import measured_seconds
from incontext.networks.store import Store
from incontext.paths import (
    data_directory,
    is_data_chosen,
    networks_directory,
    reports_directory,
    repository_root,
)
from incontext.presets import PRESETS, record_command
from incontext.records import store
from incontext.records.provenance import changed
from incontext.records.types import Manifest, Problem
from incontext.records.verify import verify

if TYPE_CHECKING:
    from incontext.experiments.types import Experiment

REQUIRED = "laptop"  # of every experiment; of other presets, those whose networks are there


def list_experiments() -> None:
    """Print every experiment and preset: its report, its networks, and what is missing."""
    networks, root = Store(networks_directory()), reports_directory()
    table = make_table("experiment", "preset", "report", "networks", "missing", "training takes")
    for name in experiments.names():
        found = experiments.get(name)
        presets = [one for one in found.presets if one != "smoke"]
        for preset in [*presets, *_sweeps(name, root)]:
            counted = _counted(found, preset, networks) if preset in presets else ("", "", "")
            table.add_row(name, printable(preset), _reported(found, preset, root), *counted)
    print_table(table)
    print("'incontext train --list' shows every missing network, 'incontext cite ID' a figure.")


def _sweeps(name: str, root: Path) -> list[str]:
    """Return what is recorded of an experiment beside its presets."""
    presets = experiments.get(name).presets
    recorded = store.recorded(root) if root.is_dir() else []
    return [one for experiment, one in recorded if experiment == name and one not in presets]


def _reported(found: "Experiment", preset: str, root: Path) -> str:
    try:
        manifest = store.load_manifest(found.name, preset, root=root)
    except RecordError:
        is_there = (root / found.name / preset / "manifest.json").exists()
        return "damaged: see incontext verify" if is_there else "not recorded"
    age = ", source changed since" if changed(found.report.__module__, manifest) else ""
    return f"{manifest.started[:10]}{age}"


def _counted(found: "Experiment", preset: str, networks: Store) -> tuple[str, str, str]:
    try:
        return _networks(found, preset, networks)
    except FileError:
        return "damaged", "", ""


def _networks(found: "Experiment", preset: str, networks: Store) -> tuple[str, str, str]:
    """How many networks are recorded, how many of the preset's seeds are missing, seconds each."""
    wanted = found.wanted(found.presets[preset], range(found.num_seeds[preset]))
    recorded = sum(len(networks.seeds(training)) for training in wanted)
    missing = sum(
        len(set(seeds) - set(networks.seeds(training))) for training, seeds in wanted.items()
    )
    seconds = [measured_seconds(networks, training) for training in wanted]
    known = [one for one in seconds if one is not None]
    took = f"{sum(known) / 60:.1f} min a seed" if len(known) == len(seconds) else "not measured"
    return str(recorded), str(missing or ""), took


def show_problems(name: str | None, preset: str | None = None) -> int:
    """Print everything that is wrong under data/ and return 1 if anything is, else 0.

    name: an experiment, or experiment/preset; None for all.
    """
    check_preset(preset)
    if preset is not None and (name is None or "/" in name):
        raise UsageError(f"--preset {preset} needs one experiment; name it: incontext verify NAME")
    root = reports_directory()
    names = {experiment for experiment, _ in store.recorded(root)} | set(experiments.names())
    if name is not None and name.partition("/")[0] not in names:
        raise unknown("experiment", name, sorted(names))
    name = f"{name}/{preset}" if preset else name
    problems = verify(root, name, is_current=lookup.is_current)
    problems += _networks_of_reports(root, name)
    if name is None:
        problems += [*_absent(root), *network_problems(networks_directory())]
    for problem in problems:
        print(printable(str(problem)), file=sys.stderr)
    if not problems:
        chosen = [one for one in store.recorded(root) if name in (None, one[0], "/".join(one))]
        count = len(list(Store(networks_directory()).files()))
        print(f"{len(chosen)} reports and {count} networks as recorded in {data_directory()}")
    return int(bool(problems))


def _absent(root: Path) -> Iterator[Problem]:
    """Reports that must be there and are not, and those of experiments that nobody knows."""
    recorded, networks = store.recorded(root), Store(networks_directory())
    for name in experiments.names():
        found = experiments.get(name)
        for preset in PRESETS[:-1]:  # smoke is for tests
            if preset not in found.presets:
                continue
            trained = found.wanted(found.presets[preset], (0,))
            wanted = preset == REQUIRED or all(networks.seeds(one) for one in trained)
            if wanted and (name, preset) not in recorded:
                again = record_command(name, preset)
                yield Problem(str(root / name / preset), f"is missing; record it with '{again}'")
    for name, preset in recorded:
        if name not in experiments.names():
            yield Problem(str(root / name / preset), "is of no experiment there is; remove it")


def _networks_of_reports(root: Path, name: str | None) -> Iterator[Problem]:
    """Networks that a report was made of and that are not there, or are others."""
    is_wheel = repository_root() is None and not is_data_chosen()
    for experiment, preset in store.recorded(root):
        if name not in (None, experiment, f"{experiment}/{preset}"):
            continue
        try:
            manifest: Manifest = store.load_manifest(experiment, preset, root=root)
        except RecordError:
            continue  # named already
        for network, checksum in manifest.networks.items():
            path = networks_directory() / f"{network}.safetensors"
            if is_wheel and not path.exists():
                continue  # a wheel has one seed of each
            try:
                same = read_header(path).get("checksum") == checksum
            except FileError as error:
                reason = str(error).removeprefix(f"{path}: ")
                yield Problem(str(path), f"{experiment}/{preset} was made of it, and {reason}")
                continue
            if not same:
                yield Problem(str(path), f"is not the network that {experiment}/{preset} measured")


def network_problems(root: Path) -> Iterator[Problem]:
    """Everything under the directory of networks that is not a network as it was written."""
    for path in sorted(root.rglob("*")) if root.is_dir() else []:
        if path.is_symlink():
            yield Problem(str(path), "is a symbolic link, which no network is")
            continue
        if path.is_dir() or path.name.startswith("."):
            continue
        if path.suffix not in (".safetensors", ".unfinished") or path.parent.parent != root:
            yield Problem(str(path), "is no trained network; move it elsewhere")
            continue
        try:
            _, header = read(path)
        except FileError as error:
            yield Problem(str(path), str(error).removeprefix(f"{path}: "))
            continue
        digest = provenance.hash_json(header.get("training"))[:10]
        if not path.parent.name.endswith(f"-{digest}") or path.stem != f"seed-{header.get('seed')}":
            yield Problem(str(path), "is of another training or seed than its name says")
