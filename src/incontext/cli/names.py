"""Presets as they are asked for, checked without the experiments that have them."""

from incontext.cli.errors import unknown
from incontext.presets import PRESETS


def check_preset(preset: str | None) -> None:
    """Refuse a preset that no experiment has; None stands for all.

    Raises: UsageError, listing the valid names.
    """
    if preset is not None and preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
