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

    @property
    def module(self) -> str:
        """Name of the module that draws it."""
        return f"incontext.figures.{self.place.partition(':')[0]}"

    def draw(self, result: "Result") -> "Figure":
        """Draw the figure from a result, in the style that is switched on."""
        function = self.place.partition(":")[2]
        return getattr(importlib.import_module(self.module), function)(result)
