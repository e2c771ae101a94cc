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
    FigureEntry(
        "A5-positions",
        "A",
        "copying",
        "The small copying problem with positions of growing size, a mark per training seed: the "
        "loss at the end, in units of one gradient step, and the step at which a seed that gets "
        "half-way leaves the plateau. Not in the paper.",
        "Two panels. Left, with four channels most marks lie far above one gradient step; with "
        "six, twelve and twenty most lie just above it and two to four of ten remain far above. "
        "Right, the waits fall from about three thousand steps with four channels to about two "
        "thousand with six and less with twelve and twenty.",
        "sweeps:size_of_positions",
        sweep="size-of-positions",
    ),
)
