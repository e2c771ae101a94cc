"""Figures of paper B in other worlds, and inside a stack of softmax layers."""

from incontext.figures.entry import FigureEntry

WORLD_ENTRIES = (
    FigureEntry(
        "B11",
        "B",
        "other-worlds",
        "Contracting dynamics: one linear layer and the best gradient step, probes for the "
        "preconditioned input in the deepest stack, and losses of all networks. Broad and pale, "
        "or crosses: published.",
        "Three panels against the number of states read. One layer and the gradient step fall "
        "together and rise a little at the end. Errors of the probes fall with the number of "
        "states and from layer to layer. Deeper stacks have lower losses, the mesa layer the "
        "lowest.",
        "other_worlds:contracting",
    ),
    FigureEntry(
        "B11-parts",
        "B",
        "other-worlds",
        "Contracting dynamics, by what becomes of a sequence: those that end near zero, and those "
        "that the bound on the states keeps large. Not in the paper.",
        "Two panels on a logarithmic axis. Where sequences shrink, one layer and the gradient step "
        "lie on the curve of predicting zero and the mesa layer far below. Where they stay large, "
        "both leave the level of predicting zero.",
        "other_worlds:parts",
    ),
    FigureEntry(
        "B12",
        "B",
        "other-worlds",
        "One orthogonal map for all sequences: one linear layer, the best gradient step and a "
        "layer that knows the map, probes for the preconditioned input in the deepest stack, and "
        "losses of all networks. Broad and pale, or crosses: published.",
        "Three panels against the number of states read. The loss of one layer is level from the "
        "first states on, near that of a layer that knows the map and far below the gradient step. "
        "Probes hardly improve from layer to layer. The mesa layer has the lowest loss.",
        "other_worlds:one_map",
    ),
    FigureEntry(
        "B12-weights",
        "B",
        "other-worlds",
        "Products of both heads of one layer, trained on contracting maps (above) and with one map "
        "for all sequences (below), on the channels for prediction, current and previous state. "
        "Figures 11D and 12D.",
        "Eight maps in blocks of ten by ten. Above, blocks have diagonals. Below, blocks are "
        "full, without a diagonal in the output-value products.",
        "other_worlds:weights",
    ),
    FigureEntry(
        "B6",
        "B",
        "softmax-stack",
        "Inside the deepest stack of softmax layers on raw states: probes for the next state and "
        "for the preconditioned input after every layer, scored on the sequences of their fit; and "
        "losses of two depths beside as many iterations. Broad and pale, or crosses: published.",
        "Three panels on logarithmic axes against the number of states read. Errors of the probe "
        "for the next state fall from layer to layer; those for the preconditioned input fall in "
        "the first layers and then lie together. The deeper stack has the lower loss.",
        "softmax_stack:inside",
    ),
    FigureEntry(
        "B5A",
        "B",
        "linearised",
        "One softmax layer of a trained network replaced by a linear layer that was fitted to what "
        "it does: loss over that of the whole network, by layer and by dimension of a state. Broad "
        "and pale: published.",
        "One curve per layer against the dimension. That of the first layer rises with the "
        "dimension, those of later layers fall towards one.",
        "linearised:by_layer",
    ),
    FigureEntry(
        "B19",
        "B",
        "linearised",
        "Products of two softmax layers of one head on constructed tokens, above, and of the "
        "linear layers that were fitted to what they do, first seed. Lines part the channels; what "
        "reads the empty channel of the first layer is left out. Each map has colours of its own, "
        "which end at its largest entry.",
        "Four heat maps above four others that look alike: diagonals of blocks, most in the same "
        "places and of the same sign in both rows.",
        "linearised:weights",
    ),
    FigureEntry(
        "B7B",
        "B",
        "partial-observation",
        "Dynamics of which a part is observed: loss by the number of observations read, for "
        "softmax alone and softmax with mesa, beside ridge regressions on windows.",
        "Curves on a logarithmic axis. A window of one observation levels off high; the longer "
        "windows fall far lower, later the longer they are. Both networks fall below the window of "
        "one.",
        "partial_observation:positions",
    ),
    FigureEntry(
        "B2A-partial",
        "B",
        "partial-observation",
        "Dynamics of which a part is observed: error of reading an observation off the last token "
        "after the first layer, by how far back it lies.",
        "Two panels. Errors are near zero for the latest observations and rise to the variance of "
        "an observation for older ones.",
        "partial_observation:probes",
    ),
    FigureEntry(
        "B21",
        "B",
        "partial-observation",
        "Error of a linear probe for the last observations, from the last token after the first "
        "layer of softmax with mesa, by the number of channels of a token; scored on sequences "
        "that the probe was not fitted to.",
        "One curve per width against how far back an observation lies. All are low at the latest "
        "observation and high at old ones; that of the narrowest token rises first, going back.",
        "partial_observation:widths",
    ),
    FigureEntry(
        "B24",
        "B",
        "partial-observation",
        "Dynamics of which a part is observed: error of reading the next observation after every "
        "layer of the softmax network, scored on the sequences of the fit. Crosses: published, for "
        "a network twice as wide.",
        "One curve per layer on a logarithmic axis. That of the embedding is level; others fall "
        "with the number of observations read, later layers lower.",
        "partial_observation:layers",
    ),
)
