"""Tables of Markdown from what is recorded."""

import re
from collections.abc import Iterable, Sequence

SPECIAL = re.compile(r"([\\`*_$<>|\[\]])")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of Markdown; its cells are Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def escape(text: object) -> str:
    """Text in which Markdown sees no marks."""
    return SPECIAL.sub(r"\\\1", str(text))


def code(text: str) -> str:
    """Text in the letters of code."""
    return f"`{text}`".replace("|", "\\|")
