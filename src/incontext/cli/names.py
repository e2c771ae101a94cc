"""The names of presets, without the experiments that have them."""

from incontext.cli.errors import unknown

PRESETS = ("paper", "laptop", "smoke")  # best first


def check_preset(preset: str | None) -> None:
    """Refuse a preset that no experiment has; None stands for all.

    Raises: UsageError, listing the valid names.
    """
    if preset is not None and preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
