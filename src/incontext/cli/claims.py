"""The claims of the papers against what is recorded; needs no JAX."""

import json
import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from incontext.cli.names import check_preset
from incontext.cli.tables import make_table, print_table
from incontext.paths import reports_directory
from incontext.records.claims import read_ledger
from incontext.records.verdicts import Verdict, evaluate_claims

COLOURS = {"pass": "green", "fail": "bold red", "differs": "yellow", "not recorded": "dim"}


def show_claims(preset: str | None, *, as_json: bool) -> int:
    """Print the verdict on every claim and return 1 if one fails, else 0."""
    check_preset(preset)
    verdicts = evaluate_claims(read_ledger(), reports_directory(), preset)
    if as_json:
        print(json.dumps([as_dict(verdict) for verdict in verdicts], indent=2, allow_nan=False))
    else:
        print_table(_claims_table(verdicts))
        print(summary(verdicts))
    return int(any(verdict.status == "fail" for verdict in verdicts))


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict with the keys that scripts rely on; a bound that does not bind is None."""
    claim = verdict.claim
    return {
        "id": claim.id,
        "figure": claim.figure,
        "paper": claim.paper,
        "experiment": claim.experiment,
        "preset": verdict.preset,
        "status": verdict.status,
        "measured": verdict.measured,
        "expected": claim.expected,
        "lower": _finite(claim.lower),
        "upper": _finite(claim.upper),
        "seeds": verdict.seeds,
    }


def summary(verdicts: list[Verdict]) -> str:
    """Return how many verdicts there are of each status, and where to read on if some fail."""
    counts = {name: sum(verdict.status == name for verdict in verdicts) for name in COLOURS}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "no claims"


def _claims_table(verdicts: list[Verdict]) -> Table:
    table = make_table(
        "claim", "figure", "preset", "status", "measured", "expected", "bounds", "seeds"
    )
    for verdict in verdicts:
        table.add_row(*_claims_row(verdict))
    return table


def _claims_row(verdict: Verdict) -> Iterator[Text | str]:
    claim, status = verdict.claim, verdict.status
    yield from (claim.id, claim.figure, verdict.preset, Text(status, COLOURS[status]))
    yield _measured(verdict)
    yield f"{claim.expected:.6g}"
    lower = "" if math.isinf(claim.lower) else f"{claim.lower:.6g}"
    upper = "" if math.isinf(claim.upper) else f"{claim.upper:.6g}"
    yield f"{lower} ... {upper}".strip()
    yield str(verdict.seeds or "")


def _measured(verdict: Verdict) -> str:
    if verdict.measured is None:
        return ""
    text = f"{verdict.measured:.6g}"
    if verdict.interval:
        text += f" [{verdict.interval[0]:.6g}, {verdict.interval[1]:.6g}]"
    return text


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
