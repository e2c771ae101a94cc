"""Style, and one drawing function per figure: a result in, a figure out."""

import importlib

from incontext.figures.types import FigureEntry

# figure id -> module whose FIGURES (id -> FigureEntry) holds it; imported when asked for
MODULES: dict[str, str] = {}


def names() -> tuple[str, ...]:
    """Ids of all figures, in the order of the papers."""
    return tuple(MODULES)


def get(figure_id: str) -> FigureEntry:
    """Figure of that id.

    Raises:
        ValueError: if there is none; the message lists the ids there are.
    """
    if figure_id not in MODULES:
        raise ValueError(f"There is no figure {figure_id!r}; choose from {', '.join(MODULES)}.")
    return importlib.import_module(MODULES[figure_id]).FIGURES[figure_id]
