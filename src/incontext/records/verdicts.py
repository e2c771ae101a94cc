"""Claims against records: reads nothing but metrics.csv and the manifest that guards it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from incontext.records import store
from incontext.records.claims import Claim

STATUSES = ("pass", "fail", "not recorded", "differs")


@dataclass(frozen=True)
class Verdict:
    """What a record says of a claim.

    measured: the metric, reduced over training seeds; None where nothing is recorded.
    interval: 95 % bootstrap interval of that over training seeds; None for one seed or for a
        reduction that has none (min, max, each).
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

    Intervals take scipy, which takes longer to import than everything else here.

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
    rows = metrics[metrics["metric"] == claim.metric] if metrics is not None else None
    if rows is None or rows.empty:
        return Verdict(claim, preset, None, None, 0, "not recorded")
    values = np.asarray(rows["value"], np.float64)
    measured = reduce(values, claim)
    seeds = int(np.count_nonzero(np.asarray(rows["seed"]) >= 0))
    found = interval(values, claim) if intervals else None
    return Verdict(claim, preset, measured, found, seeds, status(measured, claim))


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


def interval(values: np.ndarray, claim: Claim) -> tuple[float, float] | None:
    """Return the 95 % percentile bootstrap interval of the reduced values [S] over seeds."""
    if claim.reduce not in ("mean", "median") or len(values) < 2:
        return None
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    from scipy import stats  # half a second that no other command needs

    found = stats.bootstrap(
        (values,),
        getattr(np, claim.reduce),
        n_resamples=9999,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return float(found.low), float(found.high)
