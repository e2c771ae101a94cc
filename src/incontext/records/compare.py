"""A rerun against a record: to the last bit where that is due, as distributions elsewhere."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from incontext.records import provenance, store
from incontext.records.manifest import NAME
from incontext.records.types import Manifest, Record, Result

STANDARD_ERRORS = 4.0  # of the difference of two means over seeds
RELATIVE = 0.02  # two percent: what the claims allow a trained loss
ABSOLUTE = 1e-6  # for numbers that are zero up to rounding


@dataclass(frozen=True)
class Comparison:
    """What a rerun showed.

    identical_due: whether machine, versions, source, configuration and seeds are the record's.
    changed: which of those are not.
    identical: whether every file is the same to the last bit, due or not.
    differences: what does not agree; one sentence each.
    """

    identical_due: bool
    changed: tuple[str, ...]
    identical: bool
    differences: tuple[str, ...]


def compare(record: Record, result: Result, origin: Manifest) -> Comparison:
    """Compare a rerun with a record.

    On the same machine and versions every file must be the same to the last bit. Elsewhere the
    mean over seeds of every metric must agree within four standard errors of the difference, two
    percent, or 1e-6, whichever is most.
    """
    changed = changes(record.manifest, origin)
    different = _different_files(record.manifest, result, origin)
    found = _different_metrics(record.result, result) if changed else different
    return Comparison(not changed, changed, not different, tuple(found))


def changes(old: Manifest, new: Manifest) -> tuple[str, ...]:
    """Return what decides the last bits of the numbers and is not the same in both."""
    pairs = {
        "configuration": (old.config_hash, new.config_hash),
        "seeds": (tuple(old.seeds), tuple(new.seeds)),
        "source": (old.source_hash, new.source_hash),
    }
    was, is_now = provenance.machine(old), provenance.machine(new)
    pairs |= {key: (was[key], is_now[key]) for key in was}
    return tuple(key for key, (one, other) in pairs.items() if one != other)


def _different_files(recorded: Manifest, result: Result, origin: Manifest) -> list[str]:
    contents, sealed = store.encode(result, origin)
    names = (set(recorded.files) | set(contents)) - {NAME}
    return [
        f"{name} is not the same to the last bit"
        for name in sorted(names)
        if recorded.files.get(name) != sealed.files.get(name)
    ]


def _different_metrics(recorded: Result, rerun: Result) -> list[str]:
    old, new = _groups(recorded.tables["metrics"]), _groups(rerun.tables["metrics"])
    differences = [f"metric {name} is in one of them only" for name in sorted(set(old) ^ set(new))]
    for name in sorted(set(old) & set(new)):
        difference = abs(new[name].mean() - old[name].mean())
        allowed = tolerance(old[name], new[name])
        if not difference <= allowed:
            differences.append(
                f"metric {name} is {new[name].mean():.6g}, recorded {old[name].mean():.6g}; "
                f"{allowed:.2g} apart are allowed"
            )
    return differences


def tolerance(old: np.ndarray, new: np.ndarray) -> float:
    """Return how far the means of two samples over seeds may be apart."""
    variance = sum(np.var(one, ddof=1) / len(one) for one in (old, new) if len(one) > 1)
    return max(STANDARD_ERRORS * float(np.sqrt(variance)), RELATIVE * abs(old.mean()), ABSOLUTE)


def _groups(metrics: pd.DataFrame) -> dict[str, np.ndarray]:
    return {str(name): rows.to_numpy() for name, rows in metrics.groupby("metric")["value"]}
