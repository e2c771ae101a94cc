"""Small pieces of Markdown and HTML."""

import html
import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_$<>|\[\]&])")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown; its cells are Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def escape(text: object) -> str:
    """Text, on one line, in which Markdown and HTML see no marks."""
    return SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def code(text: str) -> str:
    """Text in the letters of code."""
    return f"`{text}`".replace("|", "\\|")


def raw(*parts: str) -> str:
    """HTML that Markdown leaves alone."""
    return "```{raw} html\n" + "\n".join(parts) + "\n```"


def box(text: str) -> str:
    """Text as HTML in a box that gets a copy button."""
    return f'<div class="highlight cite-block"><pre>{html.escape(text.strip())}\n</pre></div>'


def link(address: str, name: str, more: str = " download") -> str:
    """A link of HTML, by default to a file that is kept and not opened."""
    return f'<a href="{html.escape(address)}"{more}>{html.escape(name)}</a>'
