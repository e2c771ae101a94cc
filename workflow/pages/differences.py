"""Numbers of the page on what differs: claims, metrics and withdrawn claims, from the records."""

import numpy as np

from incontext.paths import reports_directory
from incontext.records import reading, store
from incontext.records.claims import read_ledger, read_withdrawn
from incontext.records.verdicts import Verdict, evaluate_claims, interval
from pages.markup import code, escape, table
from pages.publication import Publication


def claims(book: Publication, *ids: str) -> str:
    """Claims at the published settings: what was expected, what is measured, the verdict.

    Raises:
        KeyError: if the ledger has no such claim at these settings.
    """
    del book
    made = {claim.id: claim for claim in read_ledger()}
    wanted = [made[name] for name in ids]
    verdicts = evaluate_claims(wanted, reports_directory(), "paper")
    rows = [
        (
            escape(one.claim.statement),
            reading.number(one.claim.expected),
            reading.bounds(one.claim.lower, one.claim.upper),
            measured(one),
            one.status,
        )
        for one in verdicts
    ]
    return table(("Claim", "Expected", "Bounds", "Ours", "Verdict"), rows)


def measured(one: Verdict) -> str:
    """A number with its interval, or on how many networks it rests."""
    if one.measured is None:
        return "not recorded"
    found = reading.number(one.measured)
    if one.seeds == 1:
        return f"{found} (one network)"
    if one.interval:
        return f"{found} ({one.seeds} seeds, mean {reading.between(one.interval)})"
    return found


def differing(book: Publication) -> str:
    """All claims that differ at the published settings, in the order of the ledger."""
    verdicts = evaluate_claims(read_ledger(), reports_directory(), "paper", intervals=False)
    return claims(book, *(one.claim.id for one in verdicts if one.status == "differs"))


def metrics(book: Publication, experiment: str, *names: str) -> str:
    """Numbers of a record at the published settings, by their names."""
    del book
    root, rows = reports_directory(), []
    found = None
    if (experiment, "paper") in store.recorded(root):
        found = store.load_table(experiment, "paper", "metrics", root=root)
    for name in names:
        part = found[found["metric"] == name] if found is not None else None
        if part is None or part.empty:
            rows.append((code(name), "not recorded", "", ""))
            continue
        values = np.asarray(part["value"], np.float64)
        seeds = int(np.count_nonzero(part["seed"] >= 0))
        between = reading.between(interval(values)) if seeds else ""
        rows.append((code(name), reading.number(float(values.mean())), between, str(seeds or "")))
    return table(("Number", "Mean over seeds", "95 % interval", "Seeds"), rows)


def withdrawn(book: Publication) -> str:
    """Claims that are no longer made, each with its reason."""
    del book
    rows = [
        (code(one.id), escape(one.why), ", ".join(map(code, one.instead)))
        for one in read_withdrawn()
    ]
    return table(("Claim", "Why it is no longer made", "Instead"), rows)
