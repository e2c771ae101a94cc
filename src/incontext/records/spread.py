"""How much a claim's number depends on the training seed."""

from pathlib import Path

import numpy as np
import pandas as pd

from incontext.records import store, verdicts
from incontext.records.claims import Claim

FEWEST = 3  # seeds from which a spread says something


def seed_values(claims: tuple[Claim, ...], root: Path, preset: str) -> pd.DataFrame:
    """Every claim's number for every training seed that is recorded.

    Claims that rest on no training seed, or on one, are left out.

    Returns:
        One row per claim and seed, with the columns id, experiment, figure, statement, reduce,
        expected, lower, upper, seed, value.

    Raises:
        RecordError: if a record is there but is not what was recorded.
    """
    recorded = set(store.recorded(root))
    rows = []
    for claim in claims:
        place = (claim.experiment, preset)
        if preset not in claim.presets or place not in recorded:
            continue
        metrics = store.load_table(*place, "metrics", root=root)
        found = verdicts.seed_values(claim, metrics)
        found = found[found.index >= 0]
        if len(found) < 2:
            continue
        fields = ("id", "experiment", "figure", "statement", "reduce", "expected", "lower", "upper")
        same = {name: getattr(claim, name) for name in fields}
        for seed, value in found.items():
            rows.append({**same, "seed": int(str(seed)), "value": float(value)})
    return pd.DataFrame(rows)


def summary(values: pd.DataFrame) -> pd.DataFrame:
    """One row per claim: how wide its seeds are, and where the expected value lies among them.

    spread: standard deviation over seeds, relative to the size of the mean.
    place: "among our seeds" if the expected value lies within their range, "above all" or
        "below all" otherwise; for fewer than three seeds "too few seeds".

    Returns:
        The columns id, experiment, figure, statement, seeds, expected, smallest, median, largest,
        spread, place; in the order of the ledger.
    """
    rows = []
    for _, one in values.groupby("id", sort=False):
        first, numbers = one.iloc[0], one["value"].to_numpy()
        rows.append(
            {
                **{name: first[name] for name in ("id", "experiment", "figure", "statement")},
                "seeds": len(numbers),
                "expected": first["expected"],
                "smallest": numbers.min(),
                "median": np.median(numbers),
                "largest": numbers.max(),
                "spread": numbers.std(ddof=1) / abs(numbers.mean()),
                "place": _place(first["expected"], numbers),
            }
        )
    return pd.DataFrame(rows)


def _place(expected: float, numbers: np.ndarray) -> str:
    if len(numbers) < FEWEST:
        return "too few seeds"
    if expected > numbers.max():
        return "above all"
    if expected < numbers.min():
        return "below all"
    return "among our seeds"
