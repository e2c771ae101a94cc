"""Experiments, presets and records by the names a user types."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from incontext import experiments
from incontext.cli.errors import UsageError, unknown
from incontext.errors import Refusal
from incontext.paths import build_directory, repository_root
from incontext.presets import PRESETS
from incontext.provenance import hash_json, plain
from incontext.provenance.source import sources
from incontext.records import provenance, store
from incontext.records.types import Manifest

if TYPE_CHECKING:
    from incontext.experiments.types import Experiment


def experiment(name: str) -> "Experiment":
    """Return the experiment of that name.

    Raises: UsageError, listing the valid names.
    """
    if name not in experiments.names():
        raise unknown("experiment", name, experiments.names())
    return experiments.get(name)


def config(found: "Experiment", preset: str) -> object:
    """Return the configuration of a preset.

    Raises: UsageError, listing the valid names.
    """
    if preset not in found.presets:
        raise unknown("preset", preset, found.presets)
    return found.presets[preset]


def is_current(manifest: Manifest) -> bool:
    """Return whether a record's configuration is the one that its preset has today.

    Of a sweep: whether the preset that it started from is. Of what the code does not know, nothing
    is said.
    """
    if manifest.experiment not in experiments.MODULES:
        return True
    preset, recorded = manifest.preset, manifest.config_hash
    if provenance.is_sweep(manifest):
        preset, recorded = manifest.config["preset"], hash_json(manifest.config["base"])
    return config_hash(manifest.experiment, preset) in (None, recorded)


def config_hash(name: str, preset: str) -> str | None:
    """Return the hash of the configuration that a preset has today; None if there is none.

    Hashes are kept in the build directory for as long as the source of the presets is the same,
    because making them imports JAX.
    """
    place = _place_of_hashes(name)
    with suppress(OSError, ValueError, AttributeError):  # not kept yet, or damaged: made again
        if place is not None:
            return json.loads(place.read_text("utf-8")).get(preset)
    presets = experiments.get(name).presets
    found = {preset: hash_json(plain(one)) for preset, one in presets.items()}
    with suppress(OSError):
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            temporary = place.with_suffix(f".{os.getpid()}")
            temporary.write_text(json.dumps(found), "utf-8")
            temporary.replace(place)
    return found.get(preset)


def _place_of_hashes(name: str) -> Path | None:
    if repository_root() is None and "INCONTEXT_BUILD" not in os.environ:
        return None  # installed: nothing is left where the command was started
    with suppress(Refusal):  # the source is not beside the package
        key = hash_json(sources(f"{experiments.MODULES[name]}.config"))
        return build_directory() / "presets" / f"{name}-{key[:16]}.json"
    return None


def best_recorded(name: str, preset: str | None, root: Path) -> str:
    """Return the preset to show: the one asked for, else the best that is recorded.

    Raises: UsageError if none is.
    """
    recorded = {one for experiment, one in store.recorded(root) if experiment == name}
    wanted = PRESETS if preset is None else (preset,)
    for one in wanted:
        if one in recorded:
            return one
    raise UsageError(
        f"{name}{f'/{preset}' if preset else ''} is not recorded in {root}; "
        f"record it with 'incontext run {name} --preset {preset or 'laptop'} --record'"
    )
