"""The claims of the papers against what is recorded; needs no JAX."""

import json
import math
from collections.abc import Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from incontext import figures
from incontext.cli.names import check_preset
from incontext.cli.tables import make_table, print_table
from incontext.paths import reports_directory
from incontext.records.claims import KINDS, read_ledger
from incontext.records.coverage import by_figure
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


def show_figures(*, as_json: bool) -> int:
    """Print the papers figure by figure, at the published settings; return 0."""
    verdicts = evaluate_claims(read_ledger(), reports_directory(), "paper", intervals=False)
    found = by_figure(verdicts, figures.names())
    if as_json:
        entries = [
            {
                "figure": one.id,
                "covered": one.extent,
                "claims": {verdict.claim.id: verdict.status for verdict in one.claims},
                "drawn": one.drawn,
                "missing": one.missing or None,
            }
            for one in found
        ]
        print(json.dumps(entries, indent=2))
        return 0
    table = make_table("figure", "shows", "covered", "claims", "drawn")
    for one in found:
        table.add_row(one.id, one.shows, one.extent, one.counts, ", ".join(one.drawn))
    print_table(table)
    return 0


def as_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict with the keys that scripts rely on; a bound that does not bind is None."""
    claim = verdict.claim
    return {
        "id": claim.id,
        "kind": claim.kind,
        "figure": claim.figure,
        "paper": claim.paper,
        "experiment": claim.experiment,
        "preset": verdict.preset,
        "status": verdict.status,
        "measured": verdict.measured,
        "interval": verdict.interval,
        "expected": claim.expected,
        "lower": _finite(claim.lower),
        "upper": _finite(claim.upper),
        "seeds": verdict.seeds,
    }


def summary(verdicts: list[Verdict]) -> str:
    """Return how many verdicts there are of each kind and status, one kind a line."""
    lines = []
    for kind in KINDS:
        found = [verdict.status for verdict in verdicts if verdict.claim.kind == kind]
        counts = [f"{found.count(name)} {name}" for name in COLOURS if name in found]
        if counts:
            lines.append(f"{kind}: {', '.join(counts)}")
    return "\n".join(lines) or "no claims"


def _claims_table(verdicts: list[Verdict]) -> Table:
    table = make_table(
        *("claim", "figure", "kind", "preset", "status", "measured", "expected", "bounds"),
        *("seeds", "mean over seeds, 95 %"),
    )
    for verdict in verdicts:
        table.add_row(*_claims_row(verdict))
    return table


def _claims_row(verdict: Verdict) -> Iterator[Text | str]:
    claim, status = verdict.claim, verdict.status
    yield from (claim.id, claim.figure, claim.kind, verdict.preset)
    yield Text(status, COLOURS[status])
    yield "" if verdict.measured is None else f"{verdict.measured:.6g}"
    yield f"{claim.expected:.6g}"
    lower = "" if math.isinf(claim.lower) else f"{claim.lower:.6g}"
    upper = "" if math.isinf(claim.upper) else f"{claim.upper:.6g}"
    yield f"{lower} ... {upper}".strip()
    yield "one network" if verdict.seeds == 1 else str(verdict.seeds or "")
    yield "{:.6g} ... {:.6g}".format(*verdict.interval) if verdict.interval else ""


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None
