"""From executed chapters to what is published: folds, notebooks, generated tables.

In a page or chapter the line `<!-- generated: NAME ARGUMENTS -->` stands for what the function
NAME of `tables.py` returns, and `<!-- interactive: NAME -->` for a part of `interactive.py`.
"""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import contents

from pages import downloads, finishing, folds
from pages.citations import Citations
from pages.downloads import Recorded

MARKER = re.compile(r"^<!-- (generated|interactive): ([\w-]+)((?: [\w.-]+)*) -->$", re.MULTILINE)
TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
FULL = "cite"  # the page that lists every figure; a book without it gets the files it shows


@dataclass
class Publication:
    """A staged book: its pages, chapters, figures, and what was put into its pages so far."""

    stage: Path
    shown: dict[str, str] = field(default_factory=dict)  # figure -> chapter that shows it

    @cached_property
    def pages(self) -> list[str]:
        """Names of all pages."""
        return contents.page_names(self.stage)

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

    def has(self, page: str) -> bool:
        """Whether the book has this page."""
        return page in self.pages


Generate = Callable[[Publication, str, list[str]], str]


def prepare(stage: Path, generators: dict[str, Generate]) -> Publication:
    """Keep the notebooks as they were executed, then complete the staged texts."""
    book = Publication(stage)
    notebooks = stage / "notebooks"
    shutil.copytree(stage / "chapters", notebooks)
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
            html = "".join(output.get("data", {}).get("text/html", ""))
            if '<figure id="figure-' in html:
                html, ids = folds.with_folds(html, book.recorded, book.citations, "../")
                output["data"]["text/html"] = html
                book.shown.update(dict.fromkeys(ids - book.shown.keys(), name))


def links(book: Publication, chapter: str) -> str:
    """What a reader may want of a chapter as a whole."""
    targets = [(f"../notebooks/{chapter}.ipynb", "This chapter as a notebook", " download")]
    for page, anchor, text in (
        ("glossary", "notation", "Notation"),
        ("reexecute", "", "Run it again"),
        ("cite", f"cite-{chapter.replace('_', '-')}", "Cite it"),
    ):
        if book.has(page):
            targets.append((f"../{page}.html" + f"#{anchor}" * bool(anchor), text, ""))
    if source := book.citations.source(f"chapters/{chapter}.md"):
        targets.append((source, "Source", ""))
    joined = " · ".join(f'<a href="{address}"{how}>{text}</a>' for address, text, how in targets)
    return f'\n\n```{{raw}} html\n<p class="chapter-links">{joined}</p>\n```\n'


def fill(book: Publication, text: str, generators: dict[str, Generate]) -> str:
    """The text with every marker replaced by what it stands for."""

    def replace(found: re.Match[str]) -> str:
        return generators[found[1]](book, found[2], found[3].split())

    return MARKER.sub(replace, text)


def attach(book: Publication, html: Path) -> None:
    """Put notebooks, figures, data and their archive beside the rendered pages."""
    finishing.finish(html)
    shutil.copytree(book.stage / "notebooks", html / "notebooks")
    wanted = book.recorded if book.has(FULL) else book.shown
    if wanted:
        chosen = [book.recorded[figure] for figure in wanted]
        downloads.write(html, chosen, book.citations)
        downloads.archive(html)
