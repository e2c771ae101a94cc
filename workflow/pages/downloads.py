"""Files that lie beside the pages: figures in three formats, their data, an archive.

Addresses that may be cited, relative to the book: figures/<ID>.{svg,pdf,png,bib},
data/reports/<experiment>/<preset>/*, notebooks/<chapter>.ipynb, incontext-figures-and-data.zip.
Everything is drawn by `incontext export` from the records, or copied from them.
"""

import shutil
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import freshness

from incontext import figures, paths
from incontext.cli import citing
from incontext.errors import RecordError
from incontext.figures import FigureEntry
from incontext.records import provenance, reading
from incontext.records.types import Manifest, Record
from pages.citations import Citations

FORMATS = ("svg", "pdf", "png")
ARCHIVE = "incontext-figures-and-data.zip"
ARCHIVED = (".pdf", ".bib", ".csv", ".json")  # pictures in one format, and tables without weights
EPOCH = (1980, 1, 1, 0, 0, 0)  # an archive holds no date: the same content is the same file


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
        return f"data/reports/{self.manifest.experiment}/{self.manifest.preset}"

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

    @cache
    def best(experiment: str, sweep: str) -> Record | None:
        try:
            return reading.recorded(experiment, sweep) if sweep else reading.best(experiment)
        except RecordError:
            return None

    found = {entry: best(entry.experiment, entry.sweep) for entry in figures.ENTRIES}
    return {entry.id: Recorded(entry, one) for entry, one in found.items() if one is not None}


def bibtex(one: Recorded, citations: Citations) -> str:
    """The paper whose figure it is, and this book's version of it."""
    return (
        f"{citations.paper(one.entry.paper)}\n\n{citations.figure(one.entry.id, one.provenance)}\n"
    )


def write(html: Path, shown: Iterable[Recorded], citations: Citations) -> None:
    """Put figures and their data beside the pages, and an archive of pictures and tables."""
    folder = html / "figures"
    folder.mkdir(exist_ok=True)
    for one in shown:
        copy_data(one, html)
        for kind in FORMATS:
            shutil.copyfile(picture(one, kind), folder / f"{one.entry.id}.{kind}")
        (folder / f"{one.entry.id}.bib").write_text(bibtex(one, citations), encoding="utf-8")
    pack(html, ("figures", "data"), html / ARCHIVE)


def picture(one: Recorded, kind: str) -> Path:
    """A figure as a file, drawn once for as long as data, code and versions stay the same."""
    others = (freshness.ROOT / "requirements.lock", Path(citing.__file__))
    needs = {*others, *freshness.reachable({one.entry.module})}
    key = freshness.digest(needs, one.entry.id, one.manifest.checksum)
    name = f"{one.entry.id}.{kind}"
    return freshness.kept("pictures", name, key, lambda: citing.draw(one.entry, one.record, kind))


def copy_data(one: Recorded, html: Path) -> None:
    """Copy a record as it is; every file keeps its checksum."""
    target = html / one.data
    if not target.is_dir():
        target.mkdir(parents=True)
        source = paths.reports_directory() / one.manifest.experiment / one.manifest.preset
        for name in ("manifest.json", *one.manifest.files):
            shutil.copyfile(source / name, target / name)


def pack(root: Path, folders: Iterable[str], target: Path) -> None:
    """Pack what is archived of some folders of `root`, without dates."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for one in folders for path in (root / one).rglob("*")):
            if path.suffix in ARCHIVED:
                entry = zipfile.ZipInfo(f"incontext/{path.relative_to(root).as_posix()}", EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":  # ahead, while the pages are rendered
    for figure in recorded_figures().values():
        for suffix in FORMATS:
            picture(figure, suffix)
