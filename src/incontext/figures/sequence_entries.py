"""Figures of paper B: networks over sequences."""

from incontext.figures.entry import FigureEntry

SEQUENCE_ENTRIES = (
    FigureEntry(
        "B3B",
        "B",
        "causal-layer",
        "Products of one trained causal layer, head by head, on the channels for the prediction, "
        "the current state and the previous state.",
        "Four heat maps of ten by ten blocks. Each key-query product has one coloured diagonal, "
        "in the block that scores previous states against the current one. Each output-value "
        "product has one coloured diagonal, in the block that writes current states into the "
        "prediction.",
        "causal_layer:weights",
    ),
    FigureEntry(
        "B4A",
        "B",
        "causal-layer",
        "Loss of one causal layer during training, of its compression to scaled identities, and "
        "of the average of both.",
        "The loss of the layer falls from 1.67 to the horizontal line of the compressed layer "
        "and stays there. The averaged weights start lower and reach the same line.",
        "causal_layer:training",
    ),
    FigureEntry(
        "B4C",
        "B",
        "causal-layer",
        "Loss by the number of states read: one trained causal layer, one gradient step, and the "
        "layer reduced to eight numbers.",
        "Three curves on top of each other fall from 1.67 to about 0.6 at thirty states and rise "
        "again. The published crosses lie on them.",
        "causal_layer:positions",
    ),
    FigureEntry(
        "B4B",
        "B",
        "deep-linear",
        "Loss of a deep linear stack during training, of its compression to scaled identities, "
        "of the average of both, and of a stack of scaled identities trained by itself.",
        "The loss of the stack falls. The average with the later compression starts far below it "
        "and ends beside it.",
        "deep_linear:training",
    ),
    FigureEntry(
        "B4D",
        "B",
        "deep-linear",
        "Loss by the number of states read, for linear stacks of growing depth, one gradient step "
        "and Proposition 2.",
        "Curves fall with the number of states read, faster for deeper stacks. Proposition 2 is a "
        "dashed line near the deepest one; dropping its latest transition shifts it to the right.",
        "deep_linear:positions",
    ),
    FigureEntry(
        "B4E",
        "B",
        "deep-linear",
        "Error of a linear probe for the next state after every layer of the deepest stack, on "
        "held-out sequences.",
        "One curve per layer on a logarithmic axis. Later layers lie lower, and every curve but "
        "that of the input falls with the number of states read.",
        "deep_linear:target_probe",
    ),
    FigureEntry(
        "B4F",
        "B",
        "deep-linear",
        "Error of a linear probe for the preconditioned input after every layer of the deepest "
        "stack, on held-out sequences.",
        "One curve per layer on a logarithmic axis. All fall with the number of states read, those "
        "of later layers lie lower.",
        "deep_linear:preconditioned_probe",
    ),
)
