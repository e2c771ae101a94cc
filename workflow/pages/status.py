"""What the book says of its making: the machine, the records, what is missing."""

import platform
import sys
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from incontext import experiments, figures, provenance
from incontext.paths import reports_directory, repository_root
from incontext.presets import PRESETS, record_command
from incontext.records import store
from incontext.records.claims import read_ledger
from incontext.records.coverage import by_figure
from incontext.records.provenance import changed
from incontext.records.types import Manifest
from incontext.records.verdicts import evaluate_claims
from pages.markup import code, escape, link, table
from pages.publication import Publication

TOOLS = ("jupyter-book", "papermill", "snakemake", "scipy", "matplotlib", "safetensors")
SHOWN_FILES = 3


def machine(book: Publication) -> str:
    """Where and with what the pages were made."""
    del book
    rows = {
        "Commit": commit(provenance.git(repository_root())),
        "Machine": f"{provenance.cpu()}, {sys.platform}, {platform.machine()}",
        "Device": "{count} × {kind} ({platform})".format(**provenance.device()),
        **provenance.versions(),
        **{name: metadata.version(name) for name in TOOLS},
    }
    return table(("", ""), ((name, escape(value)) for name, value in rows.items()))


def manifests() -> dict[tuple[str, str], Manifest]:
    """Every manifest there is, by experiment and preset."""
    root = reports_directory()
    found = store.recorded(root) if root.is_dir() else []
    return {(name, preset): store.load_manifest(name, preset, root=root) for name, preset in found}


def recorded(book: Publication) -> str:
    """What is recorded on what, at which commit, and whether its source is today's."""
    del book
    rows = []
    for (name, preset), one in manifests().items():
        place = one.cpu if on_cpu(one) else f"{one.device['count']} × {one.device['kind']}"
        where = escape(f"{place}, jax {one.versions['jax']}")
        seconds = one.wall_seconds
        took = f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
        made = escape(f"{one.started[:10]}, {took}")
        rows.append((f"{name}, {preset}", training(one), where, made, commit(one.git), since(one)))
    heads = ("Record", "Training", "On", "Made", "Commit", "Source since")
    return table(heads, rows)


def missing(book: Publication) -> str:
    """What is not recorded yet, or not on a GPU, each with the command that does it."""
    del book
    found, rows = manifests(), []
    for name in experiments.names():
        for preset in PRESETS[:-1]:  # smoke is for tests
            if preset not in experiments.get(name).presets:
                continue
            one = found.get((name, preset))
            if one is None or (preset == "paper" and on_cpu(one)):
                state = "not yet" if one is None else "on a CPU; not yet on a GPU"
                rows.append((name, preset, state, code(record_command(name, preset))))
    if not rows:
        return "Every experiment is recorded at every preset, at the published settings on a GPU."
    return table(("Experiment", "Preset", "Recorded", "Command that does it"), rows)


def figures_of_papers(book: Publication) -> str:
    """Both papers figure by figure: what is covered by what, and what is not, and why."""
    verdicts = evaluate_claims(read_ledger(), reports_directory(), "paper", intervals=False)
    parts = []
    for letter in "AB":
        rows = [
            (
                one.title.removeprefix("Figure "),
                escape(one.shows),
                one.extent,
                one.counts,
                ", ".join(_drawing(book, name) for name in one.drawn),
                escape(one.missing),
            )
            for one in by_figure(verdicts, figures.names())
            if one.paper == letter
        ]
        heads = ("Figure", "What it shows", "Covered", "Claims", "Drawn", "Not covered, and why")
        parts.append(f"### Paper {letter}\n\n{table(heads, rows)}")
    return "\n\n".join(parts)


def _drawing(book: Publication, name: str) -> str:
    """The id of a drawing, linked to the chapter that shows it."""
    chapter = book.shown.get(name)
    return link(f"chapters/{chapter}.html#figure-{name}", name, "") if chapter else name


def training(one: Manifest) -> str:
    """How many training seeds, and of which networks."""
    seeds = f"{len(one.seeds)} seed{'s' if len(one.seeds) > 1 else ''}"
    if one.schema_version < 3:
        return f"{seeds}, measured before networks were kept"
    return f"{seeds}, {len(one.networks)} network{'s' if len(one.networks) > 1 else ''}"


def since(one: Manifest) -> str:
    """Whether the source that made a record is today's, and which files are not."""
    module = experiments.MODULES.get(one.experiment)
    if module is None:
        return "no longer here"
    files = changed(module, one)
    if not files:
        return "the same"
    if one.schema_version == 1:
        return "changed"
    named = ", ".join(name.removeprefix("incontext/") for name in files[:SHOWN_FILES])
    more = len(files) - SHOWN_FILES
    return escape(f"changed: {named}" + f" and {more} more" * (more > 0))


def on_cpu(one: Manifest) -> bool:
    """Whether a record was computed without an accelerator."""
    return one.device["platform"] == "cpu"


def commit(state: Mapping[str, Any]) -> str:
    """A commit in short, and whether the source differed from it."""
    if state["commit"] is None:
        return "unknown"
    return escape(state["commit"][:9]) + " with changes" * bool(state["dirty"])
