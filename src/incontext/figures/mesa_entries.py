"""Figures of paper B that show the mesa layer on constructed tokens."""

from incontext.figures.entry import FigureEntry

MESA_ENTRIES = (
    FigureEntry(
        "B4A-mesa",
        "B",
        "mesa",
        "Loss of one mesa layer during training, beside stacks of linear and of softmax attention "
        "on the same tokens, and least squares with the best ridge.",
        "On logarithmic axes the curve of the mesa layer drops within the first steps and creeps "
        "down to the line of least squares. All stacks stay above it.",
        "mesa:training",
    ),
    FigureEntry(
        "B4D-mesa",
        "B",
        "mesa",
        "Loss by the number of states read: one mesa layer, stacks of linear and of softmax "
        "attention, least squares with the best ridge, and the least loss that any predictor can "
        "have if there is no noise.",
        "On a logarithmic axis the mesa layer follows the optimum through the first half dozen "
        "states, then falls behind and approaches least squares without reaching it. Linear and "
        "softmax stacks lie above, deeper ones lower, and far above once ten states were read.",
        "mesa:positions",
    ),
    FigureEntry(
        "B4A-ridge",
        "B",
        "mesa",
        "What the regulariser learns, every head: λ as it stands in the weights, and the ridge "
        "that it amounts to with keys of squared scale c. Below, the loss of least squares by its "
        "ridge, with the heads at the end of training, and their gains times the shrinkage by "
        "their ridges. Not in the paper but for the band.",
        "Four panels. λ rises slowly from one into the published band. The ridge falls over orders "
        "of magnitude and is still falling at the end. Least squares is level up to a ridge of a "
        "tenth, where the heads are, and then rises. Gain times shrinkage rises from below one to "
        "slightly above.",
        "mesa:ridges",
    ),
    FigureEntry(
        "B4D-longer",
        "B",
        "mesa",
        "Networks trained on fifty states read two hundred. Not in the paper.",
        "Up to some forty states all curves fall. Beyond the dotted line at fifty, the length of "
        "training, those of linear stacks rise steeply; those of softmax stacks stay level, and so "
        "does the mesa layer, lowest of all.",
        "mesa:longer",
    ),
)
