"""What the book is made of besides its chapters: the pages that _toc.yml lists, and their parts."""

from collections.abc import Iterator
from pathlib import Path

import yaml

FILES = ("_config.yml", "_toc.yml", "references.bib", "CITATION.cff")
FOLDERS = ("images", "_static", "sweeps")


def page_names(source: Path) -> list[str]:
    """Every page that the table of contents names, without suffix, the first page first."""
    return list(_names(yaml.safe_load((source / "_toc.yml").read_text())))


def _names(entry: object) -> Iterator[str]:
    if isinstance(entry, dict):
        for key, value in entry.items():
            if key in ("root", "file"):
                yield str(value)
            else:
                yield from _names(value)
    elif isinstance(entry, list):
        for one in entry:
            yield from _names(one)


def book_files(source: Path) -> list[Path]:
    """Every file of the book that is not a chapter, relative to `source`."""
    texts = [f"{name}.md" for name in page_names(source) if not name.startswith("chapters/")]
    named = [Path(name) for name in (*FILES, *texts) if (source / name).is_file()]
    inside = [path for folder in FOLDERS for path in sorted((source / folder).rglob("*"))]
    return [*named, *(path.relative_to(source) for path in inside if path.is_file())]
