"""Paper A, Figure 5, from a copying result, and what lies behind it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.figures.parts import draw_level, draw_lines, draw_shared_legend, few_ticks, metric
from incontext.figures.style import COLOURS, WIDTH, ink, letter, published
from incontext.records.types import Result

# Read off the plots of paper A by eye, to the width of a line.
PUBLISHED_STEPS = 40_000
PUBLISHED_LOSS = ([5000, 40_000], [0.413, 0.21])
PUBLISHED_SENSITIVITY = {"own": 3.15, "next": 0.85, "other": 0.05}
SENSITIVITY = {
    "own": ("GD++", "-", "own token"),
    "next": ("interpolated", "--", "its target, the next token"),
    "other": ("mesa", ":", "any other token"),
}
BLOCKED = ("nothing", "the previous token", "the next token", "everything")


def training(result: Result) -> Figure:
    """Figure 5: loss of every seed, and what the first layer's output depends on."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.4))
    curves = result.tables["curves"]
    at_paper = int(curves["step"].max()) == PUBLISHED_STEPS
    loss = curves[curves["metric"] == "loss"]
    for name, look in (("linear", "softmax"), ("softmax", "trained")):
        part = loss[loss["model"] == name]
        draw_lines(left, part, "step", "value", look=look, label=f"{name} first layer")
    draw_level(left, metric(result, "closed_form_loss"), look="gradient descent",
               label="one gradient step")  # fmt: skip
    zero = metric(result, "zero_predictor_loss")
    draw_level(left, zero, look="closed form", label="predict zero")
    if at_paper:
        published(left, *PUBLISHED_LOSS)
    left.set(xlabel="training step", ylabel="loss", ylim=(0, 1.3 * zero))
    letter(left, "a  loss, every seed")
    _sensitivity(right, curves[curves["model"] == "softmax"], at_paper)
    few_ticks(left)
    draw_shared_legend(figure, [left, right], columns=4)
    return figure


def _sensitivity(axes: Axes, curves: pd.DataFrame, at_paper: bool) -> None:
    last = int(curves["step"].max())
    for name, (look, dash, label) in SENSITIVITY.items():
        part = curves[curves["metric"] == f"sensitivity_{name}"]
        for _, one in part.groupby("seed"):
            axes.plot(one["step"], one["value"], color=COLOURS[look], ls=dash, alpha=0.7,
                      label=label)  # fmt: skip
            label = "_"
        if at_paper:
            published(axes, [last], [PUBLISHED_SENSITIVITY[name]])
    axes.set(xlabel="training step", ylabel="sensitivity", ylim=(0, None))
    few_ticks(axes)
    letter(axes, "b  layer 1 depends on")


def mechanism(result: Result) -> Figure:
    """Attention of the first layer, and the loss without it."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.4), width_ratios=[1, 1.1])
    maps = result.tables["maps"]
    best = maps[(maps["matrix"] == "attention") & (maps["seed"] == _best(result))]
    weights = best.pivot(index="row", columns="column", values="value")
    image = left.imshow(weights, cmap="viridis", vmin=0, vmax=1)
    left.grid(visible=False)
    names = _token_names(len(weights))
    shown = np.arange(0, len(weights), 1 if len(weights) < 12 else 2)
    left.set_yticks(shown, [names[i] for i in shown], fontsize="x-small")
    shown = shown[shown < weights.shape[1]]
    left.set_xticks(shown, [names[i] for i in shown], fontsize="x-small", rotation=90)
    left.set(xlabel="attended token", ylabel="attending token")
    figure.colorbar(image, ax=left, shrink=0.8, label="attention").outline.set_visible(False)
    letter(left, "a  attention of layer 1")
    _knock_outs(right, result)
    return figure


def _knock_outs(axes: Axes, result: Result) -> None:
    table = result.tables["knock_outs"]
    for height, name in enumerate(BLOCKED):
        losses = table.loc[table["blocked"] == name, "loss"]
        axes.barh(height, losses.mean(), color=COLOURS["trained"], alpha=0.35)
        axes.plot(losses, np.full(len(losses), height), "o", color=COLOURS["trained"], ms=4)
    zero = metric(result, "zero_predictor_loss")
    axes.axvline(zero, color=COLOURS["closed form"], ls=":", label="predict zero")
    axes.set_yticks(range(len(BLOCKED)), ["nothing", "previous\ntoken", "next\ntoken", "all"])
    axes.invert_yaxis()
    axes.set(xlabel="loss", ylabel="kept from reading", xlim=(0, None))
    axes.legend(fontsize="x-small", loc="upper right")
    letter(axes, "b  knock-outs")


def plateaus(result: Result) -> Figure:
    """How long every seed waits: share of seeds that still sit on the plateau."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
    metrics = result.tables["metrics"]
    ends = metrics[metrics["metric"] == "plateau_end_step"].set_index("seed")["value"]
    count = int((metrics["metric"] == "leaves_plateau").sum())
    steps = np.sort(ends.to_numpy())
    waiting = 1 - np.arange(1, len(steps) + 1) / count
    left.step(np.r_[0, steps], np.r_[1, waiting], where="post", color=COLOURS["trained"])
    left.plot(steps, np.full(len(steps), 0.02), "|", color=ink(), ms=10)
    left.set(xlabel="training step", ylabel="share still waiting", ylim=(0, 1.05), xlim=(0, None))
    few_ticks(left)
    letter(left, f"a  {count} seeds")
    lag = metrics[metrics["metric"] == "rise_minus_drop_steps"].set_index("seed")["value"]
    rise = ends.loc[lag.index] + lag
    longest = int(result.tables["curves"]["step"].max())  # for runs too short for any drop
    bound = 1.08 * float(max([*ends, *rise], default=longest))
    right.plot([0, bound], [0, bound], color=COLOURS["closed form"], ls=":", label="together")
    right.plot(ends.loc[lag.index], rise, "o", color=COLOURS["trained"], ms=5, label="one seed")
    right.set(xlabel="loss leaves the plateau", ylabel="sensitivity rises", xlim=(0, bound),
              ylim=(0, bound))  # fmt: skip
    few_ticks(right)
    right.legend(fontsize="x-small")
    letter(right, "b  which comes first, in steps")
    return figure


def _token_names(length: int) -> list[str]:
    pairs = [f"{kind}{n}" for n in range(1, length // 2 + 1) for kind in "xy"]
    return [*pairs, "query"]


def _best(result: Result) -> int:
    """The training seed that ends with the least loss."""
    metrics = result.tables["metrics"]
    ends = metrics[metrics["metric"] == "final_over_one_step"].set_index("seed")["value"]
    return int(ends.idxmin())
