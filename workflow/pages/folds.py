"""The fold under a recorded figure: how to cite it, and its files."""

import html
import re

from pages.citations import Citations
from pages.downloads import FORMATS, Recorded, bibtex

FIGURE = re.compile(r'(<figure id="figure-([\w-]+)">.*?)(</figure>)', re.DOTALL)


def with_folds(
    text: str, recorded: dict[str, Recorded], citations: Citations, root: str
) -> tuple[str, set[str]]:
    """The HTML of an output with a fold in every recorded figure, and the ids of these.

    `root` leads from the page to the first page of the book, such as "../".
    """
    shown: set[str] = set()

    def add(found: re.Match[str]) -> str:
        if found[2] not in recorded:
            return found[0]
        shown.add(found[2])
        return found[1] + fold(recorded[found[2]], citations, root) + found[3]

    return FIGURE.sub(add, text), shown


def fold(one: Recorded, citations: Citations, root: str) -> str:
    """A closed <details> with BibTeX, files and commands."""
    name, manifest = one.entry.id, one.manifest
    pictures = [(f"{root}figures/{name}.{kind}", kind.upper()) for kind in FORMATS]
    tables = [(f"{root}{one.data}/{file}", file) for file in sorted(manifest.files)]
    others = [(f"{root}{one.data}/manifest.json", "manifest.json")]
    commit = manifest.git["commit"]
    source = f"commit {commit[:12]}" if commit else "no commit"
    dirty = " with uncommitted changes" if manifest.git["dirty"] else ""
    rows = (
        ("Figure", _links(pictures)),
        ("Data", _links([one for one in tables if one[1].endswith(".csv")])),
        ("Weights", _links([one for one in tables if one[1].endswith(".safetensors")])),
        ("Manifest", _links(others)),
        ("Made by", f"<code>{html.escape(one.command)}</code> at {source}{dirty}"),
        ("Drawn by", f"<code>incontext export {name} --format pdf</code>"),
    )
    items = "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in rows if text)
    return (
        f'<details class="cite-and-download"><summary>Cite and download</summary>'
        f"{block(bibtex(one, citations))}<dl>{items}</dl></details>"
    )


def block(text: str) -> str:
    """Text in a box that gets a copy button."""
    return f'<div class="highlight cite-block"><pre>{html.escape(text.strip())}\n</pre></div>'


def _links(targets: list[tuple[str, str]]) -> str:
    return ", ".join(
        f'<a href="{html.escape(address)}" download>{html.escape(name)}</a>'
        for address, name in targets
    )
