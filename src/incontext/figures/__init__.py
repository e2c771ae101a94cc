"""Figures by id; their modules, and matplotlib, are imported when asked for."""

import contextlib
from collections.abc import Iterator

from incontext.figures.entry import FigureEntry
from incontext.figures.few_shot_entries import FEW_SHOT_ENTRIES
from incontext.figures.fixed_task_entries import FIXED_TASK_ENTRIES
from incontext.figures.language_entries import LANGUAGE_ENTRIES
from incontext.figures.memory_entries import MEMORY_ENTRIES
from incontext.figures.mesa_entries import MESA_ENTRIES
from incontext.figures.recall_entries import RECALL_ENTRIES
from incontext.figures.regression_entries import REGRESSION_ENTRIES
from incontext.figures.sequence_entries import SEQUENCE_ENTRIES
from incontext.figures.sweep_entries import SWEEP_ENTRIES
from incontext.figures.world_entries import WORLD_ENTRIES

__all__ = ["ENTRIES", "FigureEntry", "get", "names", "styled"]

ENTRIES = (
    FigureEntry(
        "A1",
        "A",
        "single-layer",
        "The trained layer applied again and again, and as many gradient steps, dampened by .75: "
        "the right half of Figure 1.",
        "Loss against steps. Both curves fall together from .22 to below .05 within fifty steps.",
        "single_layer:roll_out_once",
    ),
    FigureEntry(
        "A2",
        "A",
        "single-layer",
        "One linear self-attention layer against one step of gradient descent: loss during "
        "training, alignment during training, loss by problem size, loss on rescaled inputs.",
        "Four panels. The loss of every training seed falls in a drop onto the "
        "gradient descent line. The differences to gradient descent fall to nearly zero while "
        "the cosine rises to one. For every problem size and every input scale the trained "
        "layer, gradient descent and their interpolation lie on top of each other.",
        "single_layer:training",
    ),
    FigureEntry(
        "A6",
        "A",
        "single-layer",
        "One trained layer, one gradient step and their interpolation on inputs, targets and "
        "input distributions unlike those of training.",
        "Three panels with loss on a logarithmic axis. In each the three learners follow the "
        "same rising curve.",
        "single_layer:scales",
    ),
    FigureEntry(
        "A9",
        "A",
        "single-layer",
        "Products of the trained layer: key-query, output-value, and the key-query product "
        "scaled by the entry of the output-value product that moves the target.",
        "Three heat maps. The key-query product is a multiple of the identity on the ten input "
        "channels, the output-value product has one entry, for the target channel.",
        "single_layer:weights",
    ),
    FigureEntry(
        "A9-training",
        "A",
        "single-layer",
        "The product of all weights of the layer at four moments of training, first seed. "
        "Not in the paper.",
        "Four heat maps from noise to a multiple of the identity on the input channels, with the "
        "loss below each.",
        "single_layer:training_of_weights",
    ),
    FigureEntry(
        "A10",
        "A",
        "single-layer",
        "The trained layer applied again and again, and as many gradient steps, for three "
        "dampening factors: means over 10,000 prompts, of which the median over several draws.",
        "Three panels of loss against steps. With the strongest dampening both curves fall "
        "together; without dampening both turn and explode, most within ten steps.",
        "single_layer:roll_out",
    ),
    FigureEntry(
        "A3",
        "A",
        "gdpp-depth",
        "Two tied and five separate linear layers against as many steps of gradient descent and "
        "of GD++: loss, alignment with both, loss on rescaled inputs.",
        "Eight panels, one column per depth. The loss of the trained networks falls below the "
        "gradient descent line onto the GD++ line or close to it. The cosine with GD++ ends near "
        "one, that with gradient descent lower. On larger inputs networks and GD++ rise together, "
        "steeper than gradient descent.",
        "gdpp_depth:training",
    ),
    FigureEntry(
        "A7",
        "A",
        "gdpp-depth",
        "The deepest network of the record, its layers tied, against as many steps of gradient "
        "descent and GD++.",
        "Four panels. The loss falls below the gradient descent line onto the GD++ line; the "
        "cosine with GD++ ends closer to one than that with gradient descent; on larger inputs "
        "the network rises with GD++ and ends below gradient descent.",
        "gdpp_depth:deepest",
    ),
    FigureEntry(
        "A9-depth",
        "A",
        "gdpp-depth",
        "Products of the trained layers, key-query above and output-value below: two layers that "
        "share their weights, and five that do not. Each map has its own colour scale.",
        "Twelve heat maps. Key-query products are diagonal on the inputs, evenly in the tied and "
        "the early layers. Output-value products have a strong entry for the target and a "
        "diagonal on the inputs.",
        "gdpp_depth:weights",
    ),
    FigureEntry(
        "A13",
        "A",
        "gdpp-depth",
        "What the curvature correction does to the Hessian: the map of an eigenvalue, in units of "
        "1/γ (large dots: the largest eigenvalue of all tasks); the median condition number after "
        "one correction over that before (dots: curvature found by training, crosses: published); "
        "its distribution; and the Hessians inside trained networks (dashed: GD++).",
        "Four panels. A curve rises, turns and touches zero; dots measured inside a network lie on "
        "it. Ratios of condition numbers fall with the curvature and rise again, with the value "
        "found by training on the falling side or in the valley. Their distribution moves to the "
        "left. Inside trained networks where layers share their weights the condition number falls "
        "from layer to layer.",
        "gdpp_depth:spectra",
    ),
    FigureEntry(
        "A4",
        "A",
        "sine",
        "Sine regression: a Transformer against a meta-learned MLP whose output layer takes one "
        "gradient step. Above the published family of sines, below the intended one.",
        "Six panels in two rows. Left, both learners start from a wave that misses the "
        "examples and bend it towards the dashed truth in one step. Middle, both losses fall, "
        "above to one level. Right, the agreement of both learners over training.",
        "sine:training",
    ),
    FigureEntry(
        "A4-kernels",
        "A",
        "sine",
        "Learned kernels: how far the prediction at x′ moves per unit of target seen at x. "
        "Top right the kernel of the features (sin x, cos x). Not in the paper.",
        "Five heat maps. The ideal kernel shows diagonal stripes; learned ones change sign along "
        "both axes in patches.",
        "sine:kernels",
    ),
    FigureEntry(
        "A5",
        "A",
        "copying",
        "Inputs and targets in separate tokens: loss of every training seed, and what the first "
        "layer's output at an input depends on.",
        "Two panels. The loss waits on the level of predicting zero; in seeds that learn to copy "
        "it then falls to the level of one gradient step, in others it stays above, as with "
        "a linear first layer. Where it falls, the sensitivity to the next token rises from zero "
        "and that to all others fades.",
        "copying:training",
    ),
    FigureEntry(
        "A5-mechanism",
        "A",
        "copying",
        "Attention of the first layer, mean over prompts, of the seed that ends lowest, and the "
        "loss of every seed when the layer is kept from reading some tokens. Not in the paper.",
        "A heat map of attention, bright at the own token and one place after it, and bars: "
        "without the next token the loss of seeds that copy rises to that of predicting zero or "
        "above, without the previous one it stays.",
        "copying:mechanism",
    ),
    FigureEntry(
        "A5-plateaus",
        "A",
        "copying",
        "How long the training seeds wait on the plateau, and whether sensitivity or loss moves "
        "first. Not in the paper.",
        "A staircase of the share of seeds still waiting, and a scatter plot in which most seeds "
        "lie on or below the diagonal: sensitivity rises no later than the loss falls.",
        "copying:plateaus",
    ),
    FigureEntry(
        "A11",
        "A",
        "softmax",
        "Key-query products of two softmax heads, scaled by the entry of the output-value "
        "product that moves the target, and their sum (the diagonal goes beyond the colours); "
        "below, how far a softmax is from its first order over training, and the loss if it is "
        "replaced by its first order.",
        "Three heat maps and three curves. The two heads have off-diagonal entries of opposite "
        "sign that cancel in the sum, which is diagonal.",
        "softmax:weights",
    ),
    FigureEntry(
        "A12",
        "A",
        "softmax",
        "One softmax head and two against one gradient step: loss, alignment, loss on rescaled "
        "inputs and targets.",
        "Eight panels, one column per number of heads. One head ends on one of two plateaus far "
        "above the gradient step; two heads end slightly above it and follow it on rescaled "
        "inputs and targets.",
        "softmax:heads",
    ),
    FigureEntry(
        "A14",
        "A",
        "softmax",
        "Linear attention behind LayerNorm, one layer and two, against as many steps of "
        "gradient descent: loss, alignment, loss on rescaled inputs and targets.",
        "Eight panels, one column per depth. On the tasks of training one normalised layer ends "
        "above a gradient step and two end below two of them; on large inputs both stay below the "
        "algorithms.",
        "softmax:normalisation",
    ),
    FigureEntry(
        "A15",
        "A",
        "softmax",
        "Loss of every training seed for one linear head and for two.",
        "Two panels. The seeds drop from the level of predicting zero onto the gradient step, with "
        "one head within some hundred steps, the slowest last; with two heads sooner.",
        "softmax:seeds",
    ),
    *FIXED_TASK_ENTRIES,
    *SEQUENCE_ENTRIES,
    *MESA_ENTRIES,
    *REGRESSION_ENTRIES,
    *WORLD_ENTRIES,
    *FEW_SHOT_ENTRIES,
    *MEMORY_ENTRIES,
    *RECALL_ENTRIES,
    *LANGUAGE_ENTRIES,
    *SWEEP_ENTRIES,
)


def names() -> tuple[str, ...]:
    """Ids of all figures."""
    return tuple(entry.id for entry in ENTRIES)


def get(figure_id: str) -> FigureEntry:
    """Entry of that id.

    Raises:
        ValueError: if there is none; the message lists the ids there are.
    """
    for entry in ENTRIES:
        if entry.id == figure_id:
            return entry
    raise ValueError(f"There is no figure {figure_id!r}; choose from {', '.join(names())}.")


@contextlib.contextmanager
def styled(theme: str = "light") -> Iterator[None]:
    """Draw in the style of the book, for a light or a dark page."""
    from incontext.figures.style import style

    with style(theme):
        yield
