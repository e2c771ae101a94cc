"""What a figure is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from incontext.records.types import Result


@dataclass(frozen=True)
class FigureEntry:
    """One figure of a paper, drawn from the result of one experiment.

    id: paper letter and figure number, such as "A2".
    draw: Result -> matplotlib Figure.
    caption: one sentence that says what is shown.
    """

    id: str
    paper: str
    experiment: str
    draw: Callable[[Result], Any]
    caption: str
