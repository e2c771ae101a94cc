"""The moving figures: data and still picture, in place of a marker.

A chapter marks their place with `<!-- interactive: NAME -->`. The numbers of `parts.py` are
computed by the library; `_static/moving/NAME.js` draws them and repeats the formulas that a
reader's hand needs at once, which a browser test holds to the library.
"""

import html
import json
from functools import cache

import jax

from pages import still_pictures
from pages.markup import raw
from pages.parts import PARTS
from pages.publication import Publication


def generate(book: Publication, name: str, arguments: list[str]) -> str:
    """What stands in the page in place of a marker; a figure may stand on two pages."""
    return _made(name)


@cache
def _made(name: str) -> str:
    jax.config.update("jax_default_matmul_precision", "highest")
    part = PARTS[name]()
    data = json.dumps(part.data, separators=(",", ":")).replace("</", "<\\/")
    pictures = "".join(
        still_pictures.element(svg, part.alt, theme)
        for theme, svg in zip(("light", "dark"), part.still, strict=True)
    )
    question = (
        f'<details class="question"><summary>{html.escape(part.question)}</summary>'
        f"{html.escape(part.answer)}</details>"
    )
    return raw(
        f'<figure class="interactive" data-part="{name}" id="interactive-{name}">',
        question if part.question else "",
        f'<div class="still">{pictures}</div>',
        f'<script type="application/json">{data}</script>',
        f"<figcaption>{html.escape(part.caption)} <em>{html.escape(part.source)}</em></figcaption>",
        "</figure>",
    )
