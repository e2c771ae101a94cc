"""How to cite: the papers from references.bib, the book and its parts from CITATION.cff.

Every function returns BibTeX. The address of the published book is one setting
(`repository.url` in _config.yml, or INCONTEXT_REPOSITORY); without it no entry has one.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PAPER_KEYS = {"A": "oswald2023transformers", "B": "oswald2023uncovering"}
ENTRY = re.compile(r"^@\w+\{([^,]+),.*?^\}", re.MULTILINE | re.DOTALL)


def address(config: dict[str, Any]) -> str:
    """Where the repository is published, or nothing."""
    named = (config.get("repository") or {}).get("url")
    return (os.environ.get("INCONTEXT_REPOSITORY") or named or "").rstrip("/")


@dataclass(frozen=True)
class Citations:
    """Citations of this book: its own fields, and those of the literature it uses."""

    title: str
    authors: str
    version: str
    year: str
    url: str
    branch: str
    literature: dict[str, str]  # BibTeX key -> entry, as it stands in references.bib

    @classmethod
    def read(cls, source: Path) -> "Citations":
        """Read CITATION.cff, _config.yml and references.bib of a book."""
        about = yaml.safe_load((source / "CITATION.cff").read_text(encoding="utf-8"))
        config = yaml.safe_load((source / "_config.yml").read_text(encoding="utf-8"))
        entries = (source / "references.bib").read_text(encoding="utf-8")
        return cls(
            title=about["title"],
            authors=" and ".join(f"{{{author['name']}}}" for author in about["authors"]),
            version=str(about["version"]),
            year=str(config["copyright"]),
            url=address(config),
            branch=(config.get("repository") or {}).get("branch", "main"),
            literature={found[1]: found[0] for found in ENTRY.finditer(entries)},
        )

    def source(self, path: str) -> str:
        """Where a file of the repository can be read, or nothing."""
        return f"{self.url}/blob/{self.branch}/{path}" if self.url else ""

    def paper(self, letter: str) -> str:
        """One of the two papers."""
        return self.literature[PAPER_KEYS[letter]]

    def book(self) -> str:
        """The book and its library."""
        return self._entry("incontext", self.title)

    def chapter(self, name: str, title: str) -> str:
        """A chapter, named by its file and its title."""
        return self._entry(f"incontext-{name}", title, howpublished=f"Chapter of {self.title}")

    def figure(self, figure_id: str, data: str) -> str:
        """A figure as this book redraws it, with what pins its data."""
        title = f"Figure {figure_id}, re-executed"
        return self._entry(
            f"incontext-{figure_id}", title, howpublished=f"Figure of {self.title}", note=data
        )

    def _entry(self, key: str, title: str, **more: str) -> str:
        fields = {"title": f"{{{title}}}", "author": self.authors, "year": self.year}
        fields |= {"edition": f"Version {self.version}"} | more
        if self.url:
            fields["url"] = self.url
        width = max(map(len, fields))
        lines = [f"  {name:<{width}} = {{{text}}}" for name, text in fields.items()]
        return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"
