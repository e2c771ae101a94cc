"""Tables and lists of the book that are made from records, notebooks and citation files."""

import re
from collections.abc import Callable
from typing import Any

from incontext import experiments
from incontext.presets import PRESETS
from incontext.provenance import plain
from pages import compute, cost, deviations, differences, landing, library, schemas, status
from pages.downloads import ARCHIVE, FORMATS
from pages.markup import box, code, escape, link, raw, table
from pages.publication import Publication

AFTER = re.compile(r"\*\*After this chapter\*\* you (.+?)(?=\n\n|\Z)", re.DOTALL)


def generate(book: Publication, name: str, arguments: list[str]) -> str:
    """The Markdown that a marker stands for."""
    return GENERATORS[name](book, *arguments)


def cite_book(book: Publication) -> str:
    """How to cite the book."""
    return raw(box(book.citations.book()))


def cite_papers(book: Publication) -> str:
    """How to cite the two papers."""
    return raw(*(box(book.citations.paper(letter)) for letter in "AB"))


def cite_chapters(book: Publication) -> str:
    """How to cite every chapter."""
    return "\n\n".join(
        f"(cite-{name})=\n### [{title}](chapters/{name}.ipynb)\n\n"
        + raw(box(book.citations.chapter(name, title)))
        for name, title in ((name, book.title(name)) for name in book.chapters)
    )


def cite_figures(book: Publication) -> str:
    """Every figure of which something is recorded: where it is shown, its files."""
    rows = []
    for name, one in book.recorded.items():
        chapter, made = book.shown.get(name), one.manifest
        place = "files only"
        if chapter:
            place = link(f"chapters/{chapter}.html#figure-{name}", book.title(chapter), "")
        files = " ".join(
            link(f"figures/{name}.{kind}", kind, f' aria-label="{name} as {kind}"')
            for kind in (*FORMATS, "bib")
        )
        record = f"{made.experiment}, {made.preset}, {made.started[:10]}"
        rows.append((name, place, files, escape(record)))
    archive = link(ARCHIVE, "All figures as PDF and all tables")
    heads = ("Figure", "Shown in", "Files", "Recorded")
    return f"{table(heads, rows)}\n\n{archive} as one archive.\n"


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


def chapter_times(book: Publication) -> str:
    """Time and memory of every chapter as it was executed for this book, size of its notebook."""
    rows, machines = [], set()
    for name, notebook in book.chapters.items():
        about = notebook["metadata"]
        size = (book.stage / "notebooks" / f"{name}.ipynb").stat().st_size
        title = f"[{book.title(name)}](chapters/{name}.ipynb)"
        took = f"{about['papermill']['duration']:.0f} s"
        memory = f"{about['incontext']['peak_memory_mb']} MB"
        rows.append((title, code(name), took, memory, f"{size / 1e6:.1f} MB"))
        machines.add(about["incontext"]["machine"])
    heads = ("Chapter", "File", "Time", "Memory", "Notebook")
    return f"{table(heads, rows)}\n\nMeasured on {escape('; '.join(sorted(machines)))}."


def presets(book: Publication) -> str:
    """What changes from preset to preset, one fold per experiment."""
    del book
    return "\n\n".join(_presets(name) for name in experiments.names())


def _presets(name: str) -> str:
    found = experiments.get(name)
    order = tuple(preset for preset in reversed(PRESETS) if preset in found.presets)
    columns = [flat(plain(found.presets[preset])) for preset in order]
    rows = [("training seeds", *(str(found.num_seeds[preset]) for preset in order))]
    for key in dict.fromkeys(key for column in columns for key in column):
        values = [column.get(key, "") for column in columns]
        if len(set(values)) > 1:
            rows.append((code(key), *values))
    return f"````{{dropdown}} {name}: {found.title}\n{table(('setting', *order), rows)}\n````"


def flat(value: Any, name: str = "") -> dict[str, str]:  # noqa: ANN401
    """Settings by dotted name; long lists of numbers by their ends and length."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}".strip("."), one) for key, one in value.items()]
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        pairs = [(f"{name}.{index}", one) for index, one in enumerate(value)]
    elif isinstance(value, list) and len(value) > 5:
        return {name: f"{value[0]} … {value[-1]} ({len(value)})"}
    else:
        return {name: str(value)}
    return {key: text for inner, one in pairs for key, text in flat(one, inner).items()}


GENERATORS: dict[str, Callable[..., str]] = {
    "cite-book": cite_book,
    "cite-papers": cite_papers,
    "cite-chapters": cite_chapters,
    "cite-figures": cite_figures,
    "reference": library.room,
    "chapter-times": chapter_times,
    "presets": presets,
    "cost": cost.generate,
    "map": chapter_map,
    "differs-all": differences.differing,
    "differs-claims": differences.claims,
    "differs-curves": deviations.stored_curves,
    "differs-metrics": differences.metrics,
    "differs-withdrawn": differences.withdrawn,
    "cards": landing.cards,
    "trust": landing.trust,
    "schema-fields": schemas.fields,
    "schema-tables": schemas.tables,
    "status-compute": compute.trained,
    "status-figures": status.figures_of_papers,
    "status-machine": status.machine,
    "status-missing": status.missing,
    "status-recorded": status.recorded,
}
