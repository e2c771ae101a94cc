"""Train what is recorded again and say how it compares."""

from incontext.cli import lookup, running, sweeping
from incontext.cli.errors import unknown
from incontext.cli.running import Request
from incontext.paths import data_directory
from incontext.records import store
from incontext.records.compare import Comparison, compare


def rerun(name: str, preset: str) -> int:
    """Retrain a recorded preset or sweep, say how it compares, and return the exit status.

    Raises: UsageError for an unknown name.
    """
    found = lookup.experiment(name)
    root = data_directory()
    recorded = [one for experiment, one in store.recorded(root) if experiment == name]
    if preset not in found.presets and preset not in recorded:
        raise unknown(
            "preset or recorded sweep", preset, dict.fromkeys([*found.presets, *recorded])
        )
    record = store.load(name, preset, root=root)
    if preset in found.presets:
        prepared = running.prepare(Request(name, preset), like=record.manifest)
        result, origin = running.train(prepared)
    else:
        result, origin = sweeping.retrain(record.manifest)
    return _tell(f"{name}/{preset}", compare(record, result, origin))


def _tell(name: str, comparison: Comparison) -> int:
    if comparison.identical_due:
        kind = "same machine, versions, source and configuration: to the last bit"
    elif comparison.identical:
        kind = f"to the last bit, though not the same {', '.join(comparison.changed)}"
    else:
        kind = (
            f"not the same {', '.join(comparison.changed)}: means over seeds within "
            "four standard errors, 2 % or 1e-6"
        )
    for difference in comparison.differences:
        print(f"{name}: {difference}")
    print(f"{name}: {'differs' if comparison.differences else 'agrees'} ({kind})")
    return 1 if comparison.differences else 0
