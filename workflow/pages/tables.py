"""Tables and lists of the book that are made from records, notebooks and citation files."""

import re
from collections.abc import Callable

import first_view

from pages import cost, folds, library, measured, schemas, status
from pages.downloads import ARCHIVE, FORMATS
from pages.publication import Publication

AFTER = re.compile(r"\*\*After this chapter\*\* you (.+?)(?=\n\n|\Z)", re.DOTALL)


def generate(book: Publication, name: str, arguments: list[str]) -> str:
    """The Markdown that a marker stands for."""
    return GENERATORS[name](book, *arguments)


def cite_book(book: Publication) -> str:
    """How to cite the book."""
    return raw(folds.block(book.citations.book()))


def cite_papers(book: Publication) -> str:
    """How to cite the two papers."""
    return raw(*(folds.block(book.citations.paper(letter)) for letter in "AB"))


def cite_chapters(book: Publication) -> str:
    """How to cite every chapter."""
    parts = []
    for name in book.chapters:
        title = book.title(name)
        entry = raw(folds.block(book.citations.chapter(name, title)))
        parts.append(f"(cite-{name})=\n### [{title}](chapters/{name}.ipynb)\n\n{entry}")
    return "\n\n".join(parts)


def cite_figures(book: Publication) -> str:
    """Every figure of which something is recorded: where it is shown, its files."""
    lines = ["| Figure | Shown in | Files | Recorded |", "|---|---|---|---|"]
    for name, one in book.recorded.items():
        chapter = book.shown.get(name)
        place = (
            chapter and f'<a href="chapters/{chapter}.html#figure-{name}">{book.title(chapter)}</a>'
        )
        files = " ".join(
            f'<a href="figures/{name}.{kind}" aria-label="{name} as {kind}">{kind}</a>'
            for kind in (*FORMATS, "bib")
        )
        made = f"{one.manifest.experiment}, {one.manifest.preset}, {one.manifest.started[:10]}"
        lines.append(f"| {name} | {place or 'files only'} | {files} | {made} |")
    return (
        "\n".join(lines)
        + f'\n\n<a href="{ARCHIVE}" download>All figures and data</a> as one archive.\n'
    )


def chapter_map(book: Publication) -> str:
    """Every chapter and what a reader can do after it, in the chapter's own words."""
    lines = []
    for name, notebook in book.chapters.items():
        text = "\n\n".join("".join(cell["source"]) for cell in notebook["cells"])
        if found := AFTER.search(text):
            promise = " ".join(found[1].split())
            title = f"[{book.title(name)}](chapters/{name}.ipynb)"
            lines.append(f"{title}\n: Afterwards you {promise}")
    return "\n\n".join(lines)


def raw(*parts: str) -> str:
    """HTML that Markdown leaves alone."""
    return "```{raw} html\n" + "\n".join(parts) + "\n```"


GENERATORS: dict[str, Callable[..., str]] = {
    "cite-book": cite_book,
    "cite-papers": cite_papers,
    "cite-chapters": cite_chapters,
    "cite-figures": cite_figures,
    "first-view": first_view.report,
    "reference": library.room,
    "chapter-times": measured.chapters,
    "record-times": measured.records,
    "presets": measured.presets,
    "disk": measured.disk,
    "cost": cost.generate,
    "map": chapter_map,
    "schema-fields": schemas.fields,
    "schema-tables": schemas.tables,
    "status-crate": status.download,
    "status-machine": status.machine,
    "status-missing": status.missing,
    "status-recorded": status.recorded,
}
