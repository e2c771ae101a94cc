"""Figures that are drawn from sweeps."""

from incontext.figures.entry import FigureEntry

SWEEP_ENTRIES = (
    FigureEntry(
        "A2-sweep",
        "A",
        "single-layer",
        "One layer trained for every number of examples N and input dimension d, a mark per "
        "training seed, against the best single gradient step (dashed); the same losses as a share "
        "of the loss of answering zero. Not in the paper.",
        "Two panels. Left, the loss falls with the number of examples and rises with the "
        "dimension; all marks but two lie on dashed lines. Right, the marks of all dimensions fall "
        "onto one curve that passes one half where there are as many examples as dimensions; two "
        "marks of the lowest dimension lie far above it.",
        "sweeps:context_by_dimension",
        sweep="context-by-dimension",
    ),
)
