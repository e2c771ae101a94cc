"""From executed chapters to what is published: folds, notebooks, generated tables.

In a page or chapter the line `<!-- generated: NAME ARGUMENTS -->` stands for what the function
NAME of `tables.py` returns, and `<!-- interactive: NAME -->` for a part of `interactive.py`.
"""

import html
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import freshness

from pages import downloads, finishing, notebooks
from pages.citations import Citations
from pages.downloads import FORMATS, Recorded, bibtex
from pages.markup import box, link, raw

MARKER = re.compile(r"^<!-- (generated|interactive): ([\w-]+)((?: [\w.-]+)*) -->$", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
FIGURE = re.compile(r'(<figure id="figure-([\w-]+)">.*?)(</figure>)', re.DOTALL)
FULL = "cite"  # the page that lists every figure; a book without it gets the files it shows


@dataclass
class Publication:
    """A staged book: its pages, chapters, figures, and what was put into its pages so far."""

    stage: Path
    shown: dict[str, str] = field(default_factory=dict)  # figure -> chapter that shows it

    @cached_property
    def pages(self) -> list[str]:
        """Names of all pages."""
        return freshness.page_names(self.stage)

    @cached_property
    def recorded(self) -> dict[str, Recorded]:
        """Figures of which something is recorded, by id."""
        return downloads.recorded_figures()

    @cached_property
    def citations(self) -> Citations:
        """How to cite the book."""
        return Citations.read(self.stage)

    @cached_property
    def chapters(self) -> dict[str, dict[str, Any]]:
        """Executed notebooks by name, in the order of the contents."""
        names = [Path(name).name for name in self.pages if name.startswith("chapters/")]
        paths = [self.stage / "chapters" / f"{name}.ipynb" for name in names]
        return {path.stem: json.loads(path.read_text()) for path in paths if path.is_file()}

    def title(self, chapter: str) -> str:
        """The heading of a chapter."""
        texts = ("".join(cell["source"]) for cell in self.chapters[chapter]["cells"])
        return next((found[1] for text in texts if (found := TITLE.search(text))), chapter)


Generate = Callable[[Publication, str, list[str]], str]


def prepare(stage: Path, generators: dict[str, Generate]) -> Publication:
    """Keep the notebooks as they were executed, to download, then complete the staged texts."""
    book = Publication(stage)
    shutil.copytree(stage / "chapters", stage / "notebooks")
    notebooks.write(stage / "notebooks", book.citations)
    for name, notebook in book.chapters.items():
        complete_chapter(book, name, notebook, generators)
        (stage / "chapters" / f"{name}.ipynb").write_text(json.dumps(notebook))
    for name in book.pages:
        path = stage / f"{name}.md"
        if path.is_file():
            path.write_text(fill(book, path.read_text(), generators))
    return book


def complete_chapter(
    book: Publication, name: str, notebook: dict[str, Any], generators: dict[str, Generate]
) -> None:
    """Put a line of links under the title, folds under figures, and parts where marked."""
    first = True
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            text = fill(book, "".join(cell["source"]), generators)
            if first and TITLE.search(text):
                first = False
                text = TITLE.sub(lambda found: found[0] + links(book, name), text, count=1)
            cell["source"] = text
        for output in cell.get("outputs", []):
            shown = "".join(output.get("data", {}).get("text/html", ""))
            if '<figure id="figure-' in shown:
                output["data"]["text/html"] = with_folds(book, name, shown)


def links(book: Publication, chapter: str) -> str:
    """What a reader may want of a chapter as a whole."""
    found = [link(f"../notebooks/{chapter}.ipynb", "This chapter as a notebook")]
    for page, address, text in (
        ("glossary", "glossary.html#notation", "Notation"),
        ("reexecute", "reexecute.html", "Run it again"),
        ("cite", f"cite.html#cite-{chapter.replace('_', '-')}", "Cite it"),
    ):
        if page in book.pages:
            found.append(link(f"../{address}", text, ""))
    if source := book.citations.source(f"chapters/{chapter}.md"):
        found.append(link(source, "Source", ""))
    return f"\n\n{raw(f'<p class="chapter-links">{" · ".join(found)}</p>')}\n"


def with_folds(book: Publication, chapter: str, text: str) -> str:
    """The HTML of an output of a chapter with a fold in every recorded figure."""

    def add(found: re.Match[str]) -> str:
        if found[2] not in book.recorded:
            return found[0]
        book.shown.setdefault(found[2], chapter)
        return found[1] + fold(book.recorded[found[2]], book.citations) + found[3]

    return FIGURE.sub(add, text)


def fold(one: Recorded, citations: Citations) -> str:
    """A closed <details> with BibTeX, files and commands."""
    name, manifest = one.entry.id, one.manifest
    commit = f"commit {manifest.git['commit'][:12]}" if manifest.git["commit"] else "no commit"
    dirty = " with uncommitted changes" if manifest.git["dirty"] else ""

    def files(suffix: str) -> str:
        names = [file for file in sorted((*manifest.files, "manifest.json")) if suffix in file]
        return ", ".join(link(f"../{one.data}/{file}", file) for file in names)

    rows = {
        "Figure": ", ".join(link(f"../figures/{name}.{kind}", kind.upper()) for kind in FORMATS),
        "Data": files(".csv"),
        "Weights": files(".safetensors"),
        "Manifest": files("manifest.json"),
        "Made by": f"<code>{html.escape(one.command)}</code> at {html.escape(commit)}{dirty}",
        "Made from": networks(one),
        "Drawn by": f"<code>incontext export {name} --format pdf</code>",
    }
    items = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows.items() if text)
    return (
        f'<details class="cite-and-download"><summary>Cite and download</summary>'
        f"{box(bibtex(one, citations))}<dl>{items}</dl></details>"
    )


def networks(one: Recorded) -> str:
    """The trained networks of a record in one clause."""
    count = len(one.manifest.networks)
    if not count:
        return ""
    return (
        f"{count} trained network{'s' if count > 1 else ''} under <code>data/networks/</code>, "
        "named in the manifest"
    )


def fill(book: Publication, text: str, generators: dict[str, Generate]) -> str:
    """The text with every marker replaced by what it stands for."""

    def replace(found: re.Match[str]) -> str:
        return generators[found[1]](book, found[2], found[3].split())

    return MARKER.sub(replace, text)


def attach(book: Publication, html: Path) -> None:
    """Put notebooks, figures, data and their archive beside the rendered pages."""
    preview = book.stage / "images" / "preview.png"
    if preview.is_file():
        shutil.copy(preview, html / "_static" / "preview.png")
    shutil.copytree(book.stage / "notebooks", html / "notebooks")
    wanted = book.recorded if FULL in book.pages else book.shown
    if wanted:
        downloads.write(html, [book.recorded[figure] for figure in wanted], book.citations)
    finishing.finish(html)
