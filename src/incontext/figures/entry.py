"""What a figure is."""

import dataclasses
import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from incontext.records.types import Result


@dataclasses.dataclass(frozen=True)
class FigureEntry:
    """One figure of a paper and how it is drawn.

    id: paper letter and figure number.  place: "module:function", result -> Figure.
    alt: what is seen, for those who do not see it.  sweep: the sweep whose record it draws, if it
    draws no preset's.
    """

    id: str
    paper: str
    experiment: str
    caption: str
    alt: str
    place: str
    sweep: str = ""

    def draw(self, result: "Result") -> "Figure":
        """Draw the figure from a result, in the style that is switched on."""
        module, function = self.place.split(":")
        return getattr(importlib.import_module(f"incontext.figures.{module}"), function)(result)
