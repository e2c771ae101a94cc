"""The first page: chapters as cards with their drawings, and how far to trust them in numbers."""

import html
import re
from pathlib import PurePosixPath

import yaml

from incontext.figures.schematics import schematic
from incontext.paths import networks_directory
from incontext.presets import PRESETS
from incontext.records import reading
from pages.markup import link, raw
from pages.publication import Publication

DRAWN = re.compile(r'schematic\("(\w+)"\)')


def cards(book: Publication, paper: str) -> str:
    """The chapters about one paper, each with its drawing and its idea in one line."""
    contents = yaml.safe_load((book.stage / "_toc.yml").read_text())
    files = [
        PurePosixPath(entry["file"]).name
        for part in contents["parts"]
        if part["caption"].startswith(f"Paper {paper}")
        for entry in part["chapters"]
    ]
    shown = [name for name in files if name in book.chapters]
    return raw('<div class="cards">', *(card(book, name) for name in shown), "</div>")


def card(book: Publication, chapter: str) -> str:
    """A chapter: all of it is one link, named by its title."""
    text = "\n".join("".join(cell["source"]) for cell in book.chapters[chapter]["cells"])
    title = link(f"chapters/{chapter}.html", book.title(chapter), "")
    if not (found := DRAWN.search(text)):
        return f'<div class="chapter-card"><strong>{title}</strong></div>'
    drawing = schematic(found[1])
    picture = drawing.svg().replace('role="img"', 'aria-hidden="true"', 1)
    idea = html.escape(re.split(r"(?<=\.) ", drawing.caption)[0])
    words = f"<strong>{title}</strong><span>{idea}</span>"
    return f'<div class="chapter-card">{picture}{words}</div>'


def trust(book: Publication) -> str:
    """Three numbers: claims that hold, claims that differ, networks that are kept."""
    del book
    table = reading.verdict_table()
    counts = table[table["preset"] == PRESETS[0]]["verdict"].value_counts()
    networks = len(list(networks_directory().glob("*/seed-*.safetensors")))
    rows = (
        (
            counts.get("pass", 0),
            "numbers hold at the published settings",
            "within bounds that stand in a ledger with their reason",
            ("chapters/90_scoreboard.html", "scoreboard"),
        ),
        (
            counts.get("differs", 0) + counts.get("fail", 0),
            "do not",
            "each is shown beside what was found instead",
            ("chapters/90_scoreboard.html", "which ones"),
        ),
        (
            networks,
            "trained networks are kept",
            "to be loaded, checked and added to",
            ("status.html", "what is recorded"),
        ),
    )
    items = "".join(
        f"<div><strong>{number:,}</strong><span>{what}</span><small>{why}: "
        f"{link(*where, '')}</small></div>"
        for number, what, why, where in rows
    )
    return raw(f'<div class="trust">{items}</div>')
