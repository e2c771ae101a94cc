"""A drawn figure for a telephone: its panels below each other, as wide as the screen."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec, SubplotSpec
from matplotlib.legend import Legend

NARROW = 3.7  # inches: text as large as on a page
MOST = 8  # panels below each other; a figure of more is shown as it is
WIDEST = 3  # panels beside each other; several rows of more are folded
HEIGHTS = (2.3, 3.4)  # inches, of a panel
ENTRY = 0.2  # inches, of a line of a legend above the panels
LONG = 24  # letters of a label beside which there is no room for another

Placed = list[tuple[Axes, SubplotSpec]]


def stack(figure: Figure) -> bool:
    """Put the panels of a figure into one column; rows of many panels are folded in the middle.

    Row by row, or column by column where only the panels of the first row have titles.
    Labels and numbers that only the outer panels had stand at every panel.  The legend of a
    panel that is alone goes above it, where it hides no curve.

    Returns:
        Whether the figure was changed; one of many rows, or whose panels are no grid, is not.
    """
    placed = [(axes, spec) for axes in figure.axes if (spec := axes.get_subplotspec()) is not None]
    if not placed:
        return False
    rows, columns = placed[0][1].get_gridspec().get_geometry()
    if len(placed) != rows * columns:
        return False
    if rows > 1 and columns > WIDEST:
        _fold(figure, placed, rows, columns)
        return True
    if rows * columns > MOST:
        return False
    width, height = figure.get_size_inches()
    shape = (height / rows) / (width / columns)
    each = min(max(NARROW * shape, HEIGHTS[0]), HEIGHTS[1])
    if columns > 1:
        _label(figure, placed)
        grid = GridSpec(rows * columns, 1, figure=figure)
        titled = any(axes.get_title(loc="left") for axes, spec in placed if spec.rowspan.start > 0)
        for axes, spec in placed:
            row, column = spec.rowspan.start, spec.colspan.start
            axes.set_subplotspec(grid[row * columns + column if titled else column * rows + row])
    legends = list(figure.legends)
    if len(placed) == 1 and (own := placed[0][0].get_legend()):
        legends.append(own)
    lines = sum(_lift(figure, legend) for legend in legends)
    figure.set_size_inches(NARROW, each * rows * columns + ENTRY * lines)
    return True


def _lift(figure: Figure, legend: Legend) -> int:
    """Draw a legend above the panels, in as many columns as there is room for; its lines."""
    handles = [handle for handle in legend.legend_handles if handle is not None]
    labels = [text.get_text() for text in legend.get_texts()]
    columns = 2 if legend in figure.legends or max(map(len, labels)) <= LONG else 1
    legend.remove()
    figure.legend(handles, labels, loc="outside upper center", ncols=columns, fontsize="x-small")
    return -(-len(labels) // columns)


def _fold(figure: Figure, placed: Placed, rows: int, columns: int) -> None:
    """Put the later half of every row below the earlier one, with the label of its row."""
    half = -(-columns // 2)
    grid = GridSpec(2 * rows, half, figure=figure)
    labels = {spec.rowspan.start: axes.get_ylabel() for axes, spec in reversed(placed)}
    for axes, spec in placed:
        row, column = spec.rowspan.start, spec.colspan.start
        axes.set_subplotspec(grid[row + rows * (column // half), column % half])
        if column == half:
            axes.set_ylabel(labels[row], fontsize="small")
    width, height = figure.get_size_inches()
    figure.set_size_inches(NARROW, NARROW * 2 * height / width * columns / half)


def _label(figure: Figure, placed: Placed) -> None:
    """Give every panel numbers, and the labels that it shares with other panels or with all."""
    rows = {spec.rowspan.start: axes for axes, spec in reversed(placed)}
    columns = {spec.colspan.start: axes for axes, spec in placed}
    for axes, spec in placed:
        axes.tick_params(labelbottom=True, labelleft=True)
        first, last = rows[spec.rowspan.start], columns[spec.colspan.start]
        if not axes.get_ylabel():
            shared = axes.get_shared_y_axes().joined(axes, first)
            axes.set_ylabel(shared * first.get_ylabel() or figure.get_supylabel())
        if not axes.get_xlabel():
            shared = axes.get_shared_x_axes().joined(axes, last)
            axes.set_xlabel(shared * last.get_xlabel() or figure.get_supxlabel())
    if figure.get_supylabel():
        figure.supylabel("")
    if figure.get_supxlabel():
        figure.supxlabel("")
