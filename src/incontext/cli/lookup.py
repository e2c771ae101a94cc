"""Experiments, presets and records by the names a user types."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from incontext import experiments
from incontext.cli.errors import UsageError, unknown
from incontext.cli.names import PRESETS
from incontext.records import provenance, store
from incontext.records.errors import RecordError
from incontext.records.manifest import hash_json
from incontext.records.source import changed
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

    It is where the source of the presets is the same, which is found without importing it, and
    JAX with it. Of what the code does not know, nothing is said.
    """
    module = experiments.MODULES.get(manifest.experiment)
    if module is None:
        return True
    settings = module if manifest.schema_version == 1 else f"{module}.config"
    with suppress(RecordError):  # without source to look at, the configuration itself decides
        if not changed(settings, manifest):
            return True
    today = experiments.get(manifest.experiment).presets.get(manifest.preset)
    return today is None or hash_json(provenance.plain(today)) == manifest.config_hash


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
