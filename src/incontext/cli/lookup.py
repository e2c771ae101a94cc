"""Experiments, presets and records by the names a user types."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from incontext import experiments
from incontext.cli.errors import UsageError, unknown
from incontext.cli.names import PRESETS
from incontext.experiments.types import Experiment
from incontext.records import provenance, store


def experiment(name: str) -> Experiment:
    """Return the experiment of that name.

    Raises: UsageError, listing the valid names.
    """
    if name not in experiments.names():
        raise unknown("experiment", name, experiments.names())
    return experiments.get(name)


def config(found: Experiment, preset: str) -> object:
    """Return the configuration of a preset.

    Raises: UsageError, listing the valid names.
    """
    if preset not in found.presets:
        raise unknown("preset", preset, found.presets)
    return found.presets[preset]


def config_today(name: str, preset: str) -> Mapping[str, Any] | None:
    """Return the configuration that the code has today, or None for what it does not know."""
    if name not in experiments.names():
        return None
    found = experiments.get(name).presets.get(preset)
    return None if found is None else provenance.plain(found)


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
