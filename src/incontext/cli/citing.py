"""One figure: how to cite it, and its picture or numbers as files."""

import os
import webbrowser
from pathlib import Path

from incontext import figures
from incontext.cli import lookup
from incontext.cli.errors import UsageError, unknown
from incontext.cli.names import check_preset
from incontext.cli.papers import PAPERS
from incontext.errors import RecordError
from incontext.figures import FigureEntry
from incontext.paths import build_directory, reports_directory
from incontext.records import provenance, store
from incontext.records.types import Manifest, Record


def cite(figure: str, preset: str | None) -> None:
    """Print BibTeX, DOI, address and data of a figure, the data as far as it is recorded."""
    check_preset(preset)
    entry = find(figure)
    root = reports_directory()
    recorded = [one for name, one in store.recorded(root) if name == entry.experiment]
    paper = PAPERS[entry.paper]
    number = entry.id.removeprefix(entry.paper)
    note = f"Figure {number}" if number[0].isdigit() else "gone beyond"
    print(paper.bibtex(note))
    print(f"DOI:  https://doi.org/{paper.doi}\nURL:  {paper.url}")
    if not recorded:
        print(f"Data: not recorded yet; incontext run {entry.experiment} --preset paper --record")
        return
    chosen = _chosen(entry, preset)
    manifest = store.load_manifest(entry.experiment, chosen, root=root)
    commit = manifest.git["commit"] or "unknown"
    print(
        f"Data: data/reports/{entry.experiment}/{chosen} (sha256 {manifest.checksum}, "
        f"commit {commit})"
    )


def export(figure: str, format: str, out: Path, preset: str | None) -> None:  # noqa: A002
    """Write a figure as svg, pdf or png, or its tables as csv, into the directory `out`."""
    check_preset(preset)
    entry = find(figure)
    record = store.load(entry.experiment, _chosen(entry, preset), root=reports_directory())
    out.mkdir(parents=True, exist_ok=True)
    if format == "csv":
        contents, _ = store.encode(record.result, record.manifest)
        tables = {
            f"{entry.id}-{name}": data for name, data in contents.items() if name[-4:] == ".csv"
        }
        for name, content in tables.items():
            _write(out / name, content)
        return
    _write(out / f"{entry.id}.{format}", draw(entry, record, format))


def show(figure: str, preset: str | None) -> None:
    """Draw a figure into the build directory and open it, or say where it is."""
    place = build_directory() / "shown"
    export(figure, "png", place, preset)
    webbrowser.open((place / f"{find(figure).id}.png").as_uri())


def draw(entry: FigureEntry, record: Record, format: str) -> bytes:  # noqa: A002
    """Return a recorded figure as svg, pdf or png: the same bytes every time.

    Raises: RecordError if the record is too old to hold what the figure shows today.
    """
    import matplotlib.pyplot as plt

    from incontext.figures.display import about, written

    with figures.styled():
        try:
            drawn = entry.draw(record.result)
        except KeyError as missing:
            raise _too_old(entry, record.manifest, missing) from None
        picture = written(drawn, format, about(entry, record.manifest))
        plt.close(drawn)
    return picture


def find(figure: str) -> FigureEntry:
    """Return the entry of a figure.

    Raises: UsageError, listing the valid ids.
    """
    if figure not in figures.names():
        raise unknown("figure", figure, figures.names())
    return figures.get(figure)


def _chosen(entry: FigureEntry, preset: str | None) -> str:
    """Return the record that a figure is drawn from.

    Raises: UsageError if none is there, or a preset is asked for and it shows a sweep.
    """
    if entry.sweep and preset is not None:
        raise UsageError(f"{entry.id} shows the sweep {entry.sweep}; leave out --preset {preset}")
    return entry.sweep or lookup.best_recorded(entry.experiment, preset, reports_directory())


def _too_old(entry: FigureEntry, manifest: Manifest, missing: KeyError) -> RecordError:
    name, preset = manifest.experiment, manifest.preset
    return RecordError(
        f"figure {entry.id} shows {missing}, which the record {name}/{preset} does not hold; "
        f"record it again with '{provenance.command(manifest)}'"
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, and say where it is."""
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    print(path)
