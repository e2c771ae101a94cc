"""A drawn figure for a telephone: its panels below each other, as wide as the screen."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.legend import Legend

NARROW = 3.7  # inches: text as large as on a page
MOST = 8  # panels below each other; a figure of more is shown as it is
HEIGHTS = (2.3, 3.4)  # inches, of a panel
ENTRY = 0.2  # inches, of a line of a legend above the panels


def stack(figure: Figure) -> bool:
    """Put the panels of a figure into one column; a figure of many panels stays as it is.

    Row by row, or column by column where only the panels of the first row have titles.
    Labels and numbers that only the outer panels had stand at every panel.
    """
    placed = [(axes, spec) for axes in figure.axes if (spec := axes.get_subplotspec()) is not None]
    if not placed:
        return False
    rows, columns = placed[0][1].get_gridspec().get_geometry()
    if rows * columns > MOST or len(placed) != rows * columns:
        return False
    width, height = figure.get_size_inches()
    shape = (height / rows) / (width / columns)
    each = min(max(NARROW * shape, HEIGHTS[0]), HEIGHTS[1])
    if columns > 1:
        _label(placed)
        grid = GridSpec(rows * columns, 1, figure=figure)
        titled = any(axes.get_title(loc="left") for axes, spec in placed if spec.rowspan.start > 0)
        for axes, spec in placed:
            row, column = spec.rowspan.start, spec.colspan.start
            axes.set_subplotspec(grid[row * columns + column if titled else column * rows + row])
    entries = sum(len(legend.get_texts()) for legend in figure.legends)
    figure.set_size_inches(NARROW, each * rows * columns + ENTRY * ((entries + 1) // 2))
    for legend in list(figure.legends):
        _in_two_columns(figure, legend)
    return True


def _in_two_columns(figure: Figure, legend: Legend) -> None:
    handles = [handle for handle in legend.legend_handles if handle is not None]
    labels = [text.get_text() for text in legend.get_texts()]
    legend.remove()
    figure.legend(handles, labels, loc="outside upper center", ncols=2, fontsize="x-small")


def _label(placed: list[tuple[Axes, SubplotSpec]]) -> None:
    """Give every panel numbers, and the labels of panels that share an axis with it."""
    rows = {spec.rowspan.start: axes for axes, spec in reversed(placed)}
    columns = {spec.colspan.start: axes for axes, spec in placed}
    for axes, spec in placed:
        axes.tick_params(labelbottom=True, labelleft=True)
        first, last = rows[spec.rowspan.start], columns[spec.colspan.start]
        if not axes.get_ylabel() and axes.get_shared_y_axes().joined(axes, first):
            axes.set_ylabel(first.get_ylabel())
        if not axes.get_xlabel() and axes.get_shared_x_axes().joined(axes, last):
            axes.set_xlabel(last.get_xlabel())
