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
        "B3B-numbers",
        "B",
        "causal-layer",
        "The eight numbers that decide what one causal layer computes; every dot is one network. "
        "Indices say current (0) or previous (1): what is written, what is scored in the past, "
        "what is read now. Pale: published. Not in the paper.",
        "Eight bars. The one for writing the current state, scored by the previous one, stands "
        "out; the others are near zero.",
        "causal_layer:numbers",
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
        "again. The published curve, broad and pale, lies under them.",
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
        "One curve per layer on a logarithmic axis. That of the input is level; the others fall "
        "with the number of states read, and later layers mostly lie lower.",
        "deep_linear:target_probe",
    ),
    FigureEntry(
        "B4F",
        "B",
        "deep-linear",
        "Error of a linear probe for the preconditioned input after every layer of the deepest "
        "stack, on held-out sequences.",
        "One curve per layer on a logarithmic axis. All fall with the number of states read. Those "
        "after a few layers lie below that of the input, the last ones close together.",
        "deep_linear:preconditioned_probe",
    ),
    FigureEntry(
        "B9",
        "B",
        "deep-linear",
        "Products of the first head of every layer of the deepest stack, by layer: which channels "
        "are scored against which, above, and what is written where, below. Each map has colours "
        "of its own, which end at its largest entry.",
        "Two rows of heat maps of four by four blocks. What has colour are diagonals of blocks.",
        "deep_linear:products",
    ),
    FigureEntry(
        "B10",
        "B",
        "dataset-building",
        "Products of the first head of every layer of the network of softmax attention on raw "
        "states, by layer. The first key-query product is larger: it scores positions, too. Each "
        "map has colours of its own, which end at its largest entry.",
        "Two rows of heat maps. Most look like noise, because the embedding is learned and its "
        "channels have no order; some show a diagonal. In the first key-query map one entry, of "
        "two channels of positions, outshines all others.",
        "dataset_building:products",
    ),
    FigureEntry(
        "B2A",
        "B",
        "dataset-building",
        "Error of a linear probe for the last states read, from the last token after the first "
        "layer, for networks on raw states. Solid: scored on other sequences than those of the "
        "fit; dotted: on the same ones, as published. Broad and pale: published; the network that "
        "the paper calls full mesa is linear attention, then mesa.",
        "A panel of error against the state that is looked for, for each network. With a softmax "
        "first layer the error is nearly zero for the last two states and near the variance of a "
        "state for older ones. With another first layer only the last state can be read well.",
        "dataset_building:probes",
    ),
    FigureEntry(
        "B3A",
        "B",
        "dataset-building",
        "Attention of a softmax first layer on raw states, first seed: mean over heads and "
        "sequences on the left, for the last twelve states; by distance and head on the right.",
        "Two maps that are dark but for the main diagonal and the one below it, and two panels of "
        "attention against the distance in states, which falls to nearly zero after one or two "
        "states back.",
        "dataset_building:attention",
    ),
    FigureEntry(
        "B7A",
        "B",
        "dataset-building",
        "Loss by the number of states read, for networks on raw states, exact least squares "
        "and Proposition 2. Broad and pale: published.",
        "Curves on a logarithmic axis that start near each other and fall with the number of "
        "states read. The network of softmax and mesa ends below the one of softmax throughout; "
        "least squares ends below all.",
        "dataset_building:positions",
    ),
    FigureEntry(
        "B16",
        "B",
        "dataset-building",
        "How much the last token after the first layer depends on each state, during training, "
        "mean over seeds; below, the loss of every seed. Broad and pale: published; the network "
        "that the paper calls full mesa is linear attention, then mesa.",
        "A column for each network. With a softmax first layer all curves rise; those of the "
        "current and the previous state stay high while those of older states fall back, and the "
        "loss falls at the same time. With another first layer those of older states keep a part.",
        "dataset_building:sensitivity",
    ),
    FigureEntry(
        "B16-full-mesa",
        "B",
        "full-mesa",
        "Figure 16 for the network that its plot calls full mesa: linear attention, then mesa. "
        "Small runs have two mesa layers, as the text says, beside it. Sensitivity of the last "
        "token after the first layer to each state, mean over seeds; below, the loss of every "
        "seed. Broad and pale: published.",
        "A column for each network. The curves of all states rise and stay, those of older states "
        "below those of the last two, and the loss falls at the same time.",
        "dataset_building:sensitivity",
    ),
    FigureEntry(
        "B17",
        "B",
        "full-mesa",
        "Error of a linear probe for the last states read, from the last token after the first "
        "layer, for networks whose first layer is no softmax; scored "
        "on the sequences of the fit, as published, one line per seed. Broad and pale: published; "
        "the network that the paper calls full mesa is linear attention, then mesa.",
        "With linear attention or mesa in the first layer the error falls to zero at the last "
        "state only, and is a little lower at the one before it than at older ones.",
        "dataset_building:full_mesa",
    ),
)
