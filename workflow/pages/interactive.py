"""The moving figures: data and still picture, in place of a marker.

A chapter marks their place with `<!-- interactive: NAME -->`. The numbers of `parts.py` are
computed by the library; `_static/moving/NAME.js` draws them and repeats the formulas that a
reader's hand needs at once, which a browser test holds to the library.
"""

import ast
import html
import json
from functools import cache
from pathlib import Path

import freshness
import jax

from incontext.figures.display import element
from incontext.paths import reports_directory
from pages.markup import raw
from pages.parts import PARTS
from pages.publication import Publication


def generate(book: Publication, name: str, arguments: list[str]) -> str:
    """What stands in the page in place of a marker; a figure may stand on two pages."""
    return freshness.kept("parts", f"{name}.html", key(), lambda: _made(name).encode()).read_text()


@cache
def key() -> str:
    """What decides all figures: this package, what it imports of the library, and all reports."""
    here = Path(__file__).parent
    modules = freshness.imported_modules(ast.parse((here / "parts.py").read_text()))
    reports = reports_directory().rglob("manifest.json")  # they name the networks by checksum
    lock = freshness.ROOT / "requirements.lock"
    return freshness.digest({*here.glob("*.py"), *freshness.reachable(modules), *reports, lock})


def _made(name: str) -> str:
    jax.config.update("jax_default_matmul_precision", "highest")
    part = PARTS[name]()
    data = json.dumps(part.data, separators=(",", ":")).replace("</", "<\\/")
    question = (
        f'<details class="question"><summary>{html.escape(part.question)}</summary>'
        f"{html.escape(part.answer)}</details>"
    )
    return raw(
        f'<figure class="interactive" data-part="{name}" id="interactive-{name}">',
        question if part.question else "",
        f'<div class="still">{element(part.still, part.alt)}</div>',
        f'<script type="application/json">{data}</script>',
        f"<figcaption>{html.escape(part.caption)} <em>{html.escape(part.source)}</em></figcaption>",
        "</figure>",
    )
