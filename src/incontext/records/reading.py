"""What a chapter needs of the records: the best one, where it comes from, its verdicts."""

import math

import pandas as pd

from incontext import paths
from incontext.records import store, verdicts
from incontext.records.claims import read_ledger
from incontext.records.errors import RecordError
from incontext.records.types import Manifest, Record

BEST_FIRST = ("paper", "laptop", "smoke")


def best(experiment: str) -> Record:
    """Read the record of the most faithful preset that is recorded.

    Raises: RecordError if none is, or if what is recorded was changed.
    """
    root = paths.data_directory()
    recorded = {preset for name, preset in store.recorded(root) if name == experiment}
    for preset in BEST_FIRST:
        if preset in recorded:
            return store.load(experiment, preset, root=root)
    raise RecordError(
        f"{experiment} is not recorded in {root.name}; "
        f"record it with 'incontext run {experiment} --preset laptop --record'."
    )


class Notice:
    """A sentence on a page, in a box."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_markdown_(self) -> str:
        return f"> {self.text}"

    def __repr__(self) -> str:
        return self.text


def notice(experiment: str) -> Notice:
    """Say whether the published settings are recorded, and what the figures show if not.

    Raises: RecordError if nothing is recorded.
    """
    manifest = best(experiment).manifest
    if manifest.preset == "paper":
        return Notice(f"**Recorded at the published settings.** {origin(manifest)}")
    return Notice(
        "**The published settings are not recorded yet.** The recorded figures on this page are of "
        f"the smaller preset *{manifest.preset}*: they show the effect, not yet the published "
        "numbers. Where the text speaks of longer training it reports the paper, and the verdicts "
        "at the end say *not recorded*."
    )


def origin(manifest: Manifest) -> str:
    """Say in one line what made a record: preset, seeds, machine, versions, date."""
    seeds = len(manifest.seeds)
    return (
        f"Recorded: preset {manifest.preset}, {seeds} training seed{'s' if seeds > 1 else ''}, "
        f"{manifest.device['platform']} ({manifest.cpu}), jax {manifest.versions['jax']}, "
        f"{manifest.started[:10]}."
    )


def verdict_table(experiment: str | None = None) -> pd.DataFrame:
    """Return the ledger's claims, or those about one experiment, with what the records say."""
    claims = [claim for claim in read_ledger() if experiment in (None, claim.experiment)]
    rows = [
        {
            "figure": verdict.claim.figure,
            "claim": verdict.claim.statement,
            "bounds": bounds(verdict.claim.lower, verdict.claim.upper),
            "measured": "" if verdict.measured is None else f"{verdict.measured:.4g}",
            "preset": verdict.preset,
            "seeds": verdict.seeds or "",
            "verdict": verdict.status,
        }
        for verdict in verdicts.evaluate_claims(claims, paths.data_directory())
    ]
    return pd.DataFrame(rows).set_index("figure")


class Whole:
    """A table on a page with no cell cut short."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def _repr_html_(self) -> str:
        with pd.option_context("display.max_colwidth", None, "display.max_rows", None):
            return self.table.to_html()

    def __repr__(self) -> str:
        return self.table.to_string()


def bounds(lower: float, upper: float) -> str:
    """Say an interval, one side of which may be infinite."""
    if math.isinf(lower):
        return f"at most {upper:.4g}"
    if math.isinf(upper):
        return f"at least {lower:.4g}"
    return f"{lower:.4g} to {upper:.4g}"
