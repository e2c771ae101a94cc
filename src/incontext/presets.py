"""The names of presets, and how a record of that name is made."""

PRESETS = ("paper", "reduced", "laptop", "smoke")  # best first; few experiments have "reduced"


def record_command(experiment: str, name: str) -> str:
    """Return the command that records an experiment at a preset, or the sweep of that name."""
    how = f"--preset {name}" if name in PRESETS else f"--sweep sweeps/{name}.yaml"
    return f"incontext run {experiment} {how} --record"
