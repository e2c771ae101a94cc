"""What the book says of its making: the machine, the chapters, the records."""

import platform
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from incontext import experiments
from incontext.cli import crate
from incontext.paths import data_directory, repository_root
from incontext.presets import PRESETS
from incontext.records import provenance, source, store
from incontext.records.types import Manifest
from pages import downloads
from pages.markup import code, escape, table
from pages.publication import Publication

TOOLS = ("jupyter-book", "papermill", "snakemake", "scipy", "matplotlib", "safetensors")
CRATE = "incontext-crate"
SHOWN_FILES = 3


def machine(book: Publication) -> str:
    """Where and with what the pages were made."""
    del book
    state = provenance.git(repository_root())
    rows = {
        "Commit": commit(state),
        "Machine": f"{provenance.cpu()}, {sys.platform}, {platform.machine()}",
        "Device": "{count} × {kind} ({platform})".format(**provenance.device()),
        **provenance.versions(),
        **{name: metadata.version(name) for name in TOOLS},
    }
    return table(("", ""), ((name, escape(value)) for name, value in rows.items()))


def recorded(book: Publication) -> str:
    """What is recorded on what, at which commit, and whether its source is today's."""
    del book
    root = data_directory()
    rows = []
    for name, preset in store.recorded(root):
        one = store.load_manifest(name, preset, root=root)
        seeds = f"{len(one.seeds)} seed{'s' if len(one.seeds) > 1 else ''}"
        place = one.cpu if on_cpu(one) else f"{one.device['count']} × {one.device['kind']}"
        made = f"{one.started[:10]}, {took(one.wall_seconds)}"
        where = f"{escape(place)}, jax {one.versions['jax']}"
        rows.append((f"{name}, {preset}", seeds, where, made, commit(one.git), since(one)))
    heads = ("Record", "Training", "On", "Made", "Commit", "Source since")
    return table(heads, rows)


def missing(book: Publication) -> str:
    """What is not recorded yet, or not on a GPU, each with the command that does it."""
    del book
    root = data_directory()
    found = set(store.recorded(root))
    rows = []
    for name in experiments.names():
        for preset in PRESETS[:-1]:  # smoke is for tests
            if (name, preset) not in found:
                rows.append((name, preset, "not yet", command(name, preset)))
            elif preset == "paper" and on_cpu(store.load_manifest(name, preset, root=root)):
                rows.append((name, preset, "on a CPU; not yet on a GPU", command(name, preset)))
    if not rows:
        return "Every experiment is recorded at every preset, at the published settings on a GPU."
    return table(("Experiment", "Preset", "Recorded", "Command that does it"), rows)


def download(book: Publication) -> str:
    """A link to everything that is recorded."""
    del book
    return f'<a href="{CRATE}.zip" download>All records as an RO-Crate</a>'


def attach(html: Path) -> None:
    """Put everything that is recorded beside the pages, as one RO-Crate."""
    if store.recorded(data_directory()):
        with tempfile.TemporaryDirectory() as scratch:
            crate.write(Path(scratch, CRATE))
            downloads.pack(Path(scratch), [CRATE], html / f"{CRATE}.zip")


def since(one: Manifest) -> str:
    """Whether the source that made a record is today's, and which files are not."""
    module = experiments.MODULES.get(one.experiment)
    if module is None:
        return "no longer here"
    files = source.changed(module, one)
    if not files:
        return "the same"
    if one.schema_version == 1:
        return "changed"
    named = ", ".join(name.removeprefix("incontext/") for name in files[:SHOWN_FILES])
    return f"changed: {named}" + f" and {len(files) - SHOWN_FILES} more" * (
        len(files) > SHOWN_FILES
    )


def command(name: str, preset: str) -> str:
    """The command that makes a record."""
    return code(f"incontext run {name} --preset {preset} --record")


def on_cpu(one: Manifest) -> bool:
    """Whether a record was computed without an accelerator."""
    return one.device["platform"] == "cpu"


def commit(state: Mapping[str, Any]) -> str:
    """A commit in short, and whether the source differed from it."""
    if state["commit"] is None:
        return "unknown"
    return state["commit"][:9] + (" with changes" if state["dirty"] else "")


def took(seconds: float) -> str:
    """A duration as one reads it."""
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"
