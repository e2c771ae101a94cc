"""The columns that all tables share, so that a name means the same everywhere."""

from incontext.records.types import Column

COLUMNS: dict[str, Column] = {
    "step": Column("training step after which the row was measured, steps", 0),
    "seed": Column("training seed, -1 where no seed is involved", -1),
    "model": Column("which network or algorithm the row belongs to, name"),
    "metric": Column("which quantity the row holds, name"),
    "value": Column("value of the quantity, in the unit of the metric"),
    "loss": Column("half the squared error, summed over outputs, mean over tasks", 0),
    "num_context": Column("examples in context, count", 0),
    "input_dim": Column("dimension of an input, count", 1),
    "output_dim": Column("dimension of a target, count", 1),
    "num_layers": Column("layers of the network, count", 0),
    "num_heads": Column("attention heads of a layer, count", 1),
    "layer": Column("layer, counted from 0", 0),
    "head": Column("attention head, counted from 0", 0),
    "position": Column("position in the sequence, counted from 0", 0),
    "row": Column("row of the matrix, counted from 0", 0),
    "column": Column("column of the matrix, counted from 0", 0),
    "matrix": Column("which matrix the row belongs to, name"),
    "distribution": Column("distribution that the inputs are drawn from, name"),
    "scale": Column("factor on the range that training used, ratio", 0),
    "dampening": Column("factor on every update when a layer is rolled out, ratio", 0),
    "step_size": Column("step size of gradient descent, eta / N", 0),
    "curvature": Column("curvature correction gamma of GD++"),
    "standard_error": Column("standard error of the value over tasks, unit of the value", 0),
}
