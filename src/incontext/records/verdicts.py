"""Claims against records: reads nothing but metrics.csv and the manifest that guards it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from incontext.records import store
from incontext.records.claims import Claim

NO_SEED = -1
STATUSES = ("pass", "fail", "not recorded", "differs")


@dataclass(frozen=True)
class Verdict:
    """What a record says of a claim.

    measured: the metric, reduced over training seeds; None where nothing is recorded.
    interval: 95 % t interval of the mean over training seeds, whatever the reduction; None for
        one seed or none.
    seeds: how many training seeds the number rests on; 0 for a formula.
    status: one of STATUSES.
    """

    claim: Claim
    preset: str
    measured: float | None
    interval: tuple[float, float] | None
    seeds: int
    status: str


def evaluate_claims(
    claims: Iterable[Claim], root: Path, preset: str | None = None, *, intervals: bool = True
) -> list[Verdict]:
    """Return the verdict on each claim for each preset it is made of (or only for `preset`).

    Intervals take scipy, which takes a moment to import.

    Raises: RecordError if a record is there but is not what was recorded.
    """
    recorded = set(store.recorded(root))
    tables: dict[tuple[str, str], pd.DataFrame] = {}
    verdicts = []
    for claim in claims:
        for name in claim.presets:
            if preset not in (None, name):
                continue
            key = (claim.experiment, name)
            if key in recorded and key not in tables:
                tables[key] = store.load_table(*key, "metrics", root=root)
            verdicts.append(judge(claim, name, tables.get(key), intervals=intervals))
    return verdicts


def judge(
    claim: Claim, preset: str, metrics: pd.DataFrame | None, *, intervals: bool = True
) -> Verdict:
    """Return the verdict of a metrics table (None: not recorded) on a claim."""
    rows = seed_values(claim, metrics) if metrics is not None else None
    if rows is None or rows.empty:
        return Verdict(claim, preset, None, None, 0, "not recorded")
    values = rows.to_numpy()
    measured = reduce(values, claim)
    seeds = int(np.count_nonzero(rows.index >= 0))
    found = interval(values) if intervals and seeds else None
    return Verdict(claim, preset, measured, found, seeds, status(measured, claim))


def seed_values(claim: Claim, metrics: pd.DataFrame) -> pd.Series:
    """Return the numbers of a claim by training seed, -1 for what rests on none.

    Where a claim has an `over`, seeds that only one of the two has are left out; what rests on no
    seed divides every seed's number, and is itself divided by the mean over seeds.
    """
    values = _by_seed(metrics, claim.metric)
    if not claim.over:
        return values
    under = _by_seed(metrics, claim.over)
    if list(values.index) == [NO_SEED] or list(under.index) == [NO_SEED]:
        return values / under.mean()
    return (values / under).dropna()


def _by_seed(metrics: pd.DataFrame, metric: str) -> pd.Series:
    rows = metrics[metrics["metric"] == metric]
    return pd.Series(np.asarray(rows["value"], np.float64), index=rows["seed"].astype(int))


def reduce(values: np.ndarray, claim: Claim) -> float:
    """Return one number for the values [S] of all seeds; for "each" the worst of them.

    The worst is the one that leaves its bounds by most, or is nearest to leaving them.
    """
    if claim.reduce != "each":
        return float(getattr(np, claim.reduce)(values))
    margins = np.minimum(values - claim.lower, claim.upper - values)
    return float(values[np.argmin(margins)])


def status(measured: float, claim: Claim) -> str:
    """Return pass, differs or fail for a measured number."""
    if claim.lower <= measured <= claim.upper:
        return "pass"
    finding = claim.finding
    if finding is not None and finding.lower <= measured <= finding.upper:
        return "differs"
    return "fail"


def interval(values: np.ndarray) -> tuple[float, float] | None:
    """Return the 95 % t interval of the mean of values [S] over seeds; None for one value.

    mean +- t s / sqrt(S), t the 97.5 % point of Student's distribution with S - 1 degrees of
    freedom, s the standard deviation with S - 1.
    """
    if len(values) < 2:
        return None
    from scipy.special import stdtrit  # no other command needs it

    half = float(stdtrit(len(values) - 1, 0.975)) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)
