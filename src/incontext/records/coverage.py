"""Both papers figure by figure: what claims and drawings cover, what is missing, and why."""

import tomllib
from collections.abc import Iterable
from importlib import resources
from typing import NamedTuple

from incontext.records.verdicts import STATUSES, Verdict


class Covered(NamedTuple):
    """A figure of a paper.

    id: such as "A2".  claims: verdicts on its claims at the published settings.
    drawn: ids of our drawings of it.  missing: what is not covered, and why; "" if all is.
    """

    id: str
    shows: str
    claims: tuple[Verdict, ...]
    drawn: tuple[str, ...]
    missing: str

    @property
    def paper(self) -> str:
        """Letter of the paper."""
        return self.id[0]

    @property
    def title(self) -> str:
        """Its name in the paper, such as "Figure 2"."""
        number = self.id[1:]
        return f"Table {number[1:]}" if number.startswith("T") else f"Figure {number}"

    @property
    def extent(self) -> str:
        """How much is covered: "all", "in part" or "no"."""
        if not (self.claims or self.drawn):
            return "no"
        return "in part" if self.missing else "all"

    @property
    def counts(self) -> str:
        """How many claims have which verdict."""
        found = [verdict.status for verdict in self.claims]
        return ", ".join(f"{found.count(one)} {one}" for one in STATUSES if one in found)


def by_figure(verdicts: Iterable[Verdict], drawings: Iterable[str]) -> tuple[Covered, ...]:
    """Return all figures of both papers, in their order, with what covers them."""
    verdicts = [one for one in verdicts if one.preset == "paper"]
    drawings = tuple(drawings)
    text = (resources.files("incontext.records") / "coverage.toml").read_text("utf-8")
    found = []
    for name, entry in tomllib.loads(text)["figures"].items():
        places = entry.get("see", [name])
        claims = tuple(one for one in verdicts if _is_of(one.claim.figure, places))
        drawn = tuple(one for one in drawings if _is_of(one, places))
        found.append(Covered(name, entry["shows"], claims, drawn, entry.get("missing", "")))
    return tuple(found)


def _is_of(figure: str, places: list[str]) -> bool:
    """Whether an id is of one of the places: itself, a panel such as "B8A", or "A9-training"."""
    name = figure.partition("-")[0]
    return name in places or name.rstrip("ABCDEF") in places


def unplaced(figures: Iterable[str]) -> set[str]:
    """Return ids of figures that are of no figure of a paper that is listed."""
    covered = by_figure((), set(figures))
    return set(figures) - {one for figure in covered for one in figure.drawn}
