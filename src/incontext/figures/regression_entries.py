"""Figures of paper B about regressions that need no training."""

from incontext.figures.entry import FigureEntry

REGRESSION_ENTRIES = (
    FigureEntry(
        "B5B",
        "B",
        "exact-regressions",
        "Loss of ridge regression and of softmax-kernel regression on the past, by the dimension "
        "of a state, each with its best setting; sequences have four times as many states as "
        "dimensions. Nothing is trained.",
        "Two curves against the dimension. That of least squares is low and falls slowly; that of "
        "kernel regression lies at more than twice its height and rises.",
        "exact_regressions:by_dimension",
    ),
    FigureEntry(
        "B20",
        "B",
        "exact-regressions",
        "The same with more noise, by its standard deviation, on logarithmic axes.",
        "Panels with two curves each. With every noise kernel regression lies above least squares, "
        "and the more so the larger the dimension.",
        "exact_regressions:by_noise",
    ),
)
