"""Files that lie beside the pages: figures in three formats, their data, notebooks, one archive.

Addresses that may be cited, relative to the book: figures/<ID>.{svg,pdf,png,bib},
data/<experiment>/<preset>/*, notebooks/<chapter>.ipynb, incontext-figures-and-data.zip.
Everything is drawn by `incontext export` from the records, or copied from them.
"""

import os
import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import freshness

from incontext import figures, paths
from incontext.cli import citing
from incontext.figures import FigureEntry
from incontext.records import provenance, reading
from incontext.records.errors import RecordError
from incontext.records.types import Manifest, Record
from pages.citations import Citations

FORMATS = ("svg", "pdf", "png")
ARCHIVE = "incontext-figures-and-data.zip"
EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the archive holds no date, so that the same content is the same file


@dataclass(frozen=True)
class Recorded:
    """A figure and the record it is drawn from."""

    entry: FigureEntry
    record: Record

    @property
    def manifest(self) -> Manifest:
        """What made the record."""
        return self.record.manifest

    @property
    def data(self) -> str:
        """Where the data lie, below the book and below the repository."""
        return f"data/{self.manifest.experiment}/{self.manifest.preset}"

    @property
    def provenance(self) -> str:
        """What pins the data: folder, checksum of the manifest, commit."""
        commit = self.manifest.git["commit"] or "unknown"
        return f"{self.data}, sha256 {self.manifest.checksum}, commit {commit}"

    @property
    def command(self) -> str:
        """What made the data."""
        return provenance.command(self.manifest)


def recorded_figures() -> dict[str, Recorded]:
    """Every figure of which something is recorded, with its best record, by id."""
    records: dict[tuple[str, str], Record | None] = {}
    found = {}
    for entry in figures.ENTRIES:
        shown = (entry.experiment, entry.sweep)
        if shown not in records:
            records[shown] = _best(*shown)
        record = records[shown]
        if record is not None:
            found[entry.id] = Recorded(entry, record)
    return found


def _best(experiment: str, sweep: str) -> Record | None:
    try:
        return reading.sweep(experiment, sweep) if sweep else reading.best(experiment)
    except RecordError:
        return None


def bibtex(one: Recorded, citations: Citations) -> str:
    """The paper whose figure it is, and this book's version of it."""
    return (
        f"{citations.paper(one.entry.paper)}\n\n{citations.figure(one.entry.id, one.provenance)}\n"
    )


def write(html: Path, shown: Iterable[Recorded], citations: Citations) -> None:
    """Put figures and data beside the pages."""
    for one in shown:
        copy_data(one, html)
        folder = html / "figures"
        folder.mkdir(exist_ok=True)
        for kind in FORMATS:
            shutil.copyfile(picture(one, kind), folder / f"{one.entry.id}.{kind}")
        (folder / f"{one.entry.id}.bib").write_text(bibtex(one, citations), encoding="utf-8")


def picture(one: Recorded, kind: str) -> Path:
    """A figure as a file, drawn once for as long as data, code and versions stay the same."""
    others = (freshness.ROOT / "requirements.lock", Path(citing.__file__))
    needs = {*others, *freshness.reachable({one.entry.module})}
    key = freshness.digest(needs, one.entry.id, one.manifest.checksum)[:16]
    kept = paths.build_directory() / "pictures" / f"{one.entry.id}-{key}.{kind}"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_bytes(citing.draw(one.entry, one.record, kind))
        partial.replace(kept)
    return kept


def draw_all() -> None:
    """Draw every picture that is not kept yet."""
    for one in recorded_figures().values():
        for kind in FORMATS:
            picture(one, kind)


def copy_data(one: Recorded, html: Path) -> None:
    """Copy a record as it is; every file keeps its checksum."""
    target = html / one.data
    if not target.is_dir():
        target.mkdir(parents=True)
        for name in ("manifest.json", *one.manifest.files):
            source = paths.data_directory() / one.manifest.experiment / one.manifest.preset / name
            shutil.copyfile(source, target / name)


def archive(html: Path) -> None:
    """One archive of all figures and data that lie beside the pages."""
    pack(html, ("figures", "data"), html / ARCHIVE, "incontext/")


def pack(root: Path, folders: Iterable[str], target: Path, prefix: str = "") -> None:
    """Pack folders of `root` into one archive, without dates, names beginning with `prefix`."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for folder in folders:
            for path in sorted((root / folder).rglob("*")):
                if path.is_file():
                    name = path.relative_to(root).as_posix()
                    entry = zipfile.ZipInfo(f"{prefix}{name}", EPOCH)
                    entry.compress_type = zipfile.ZIP_DEFLATED
                    packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    draw_all()
