"""Paper A, Figure 8, from a deep-blocks result."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from incontext.figures.parts import (
    draw_alignment,
    draw_level,
    draw_lines,
    draw_shared_legend,
    few_ticks,
    use_log_axis,
)
from incontext.figures.style import WIDTH, letter, published
from incontext.records.types import Result

# Read off the plots of paper A by eye.
PUBLISHED_STEPS = 100_000
PUBLISHED_LOSS = 0.005
PUBLISHED_LEVELS = {"gradient descent": 0.077, "GD++": 0.008}
LOSS_TICKS = (0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
PUBLISHED_COSINES = {"_gd": 0.88, "_gdpp": 0.965}


def training(result: Result) -> Figure:
    """Figure 8: loss of the blocks, and alignment with gradient descent and with GD++."""
    curves, losses = result.tables["curves"], result.tables["losses"]
    at_paper = curves["step"].max() == PUBLISHED_STEPS
    figure, (left, *others) = plt.subplots(1, 3, figsize=(WIDTH, 3.4))
    loss = curves[curves["metric"] == "loss"]
    draw_lines(left, loss, "step", "value", look="trained", label="trained")
    for model in ("gradient descent", "GD++"):
        level = losses.loc[losses["model"] == model, "loss"].iloc[0]
        draw_level(left, float(level), look=model, label=model)
    if at_paper:
        heights = [PUBLISHED_LOSS, *PUBLISHED_LEVELS.values()]
        published(left, [PUBLISHED_STEPS] * len(heights), heights)
    left.set(xlabel="training step")
    use_log_axis(left)
    low, high = left.get_ylim()
    ticks = [tick for tick in LOSS_TICKS if low < tick < high]
    left.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    few_ticks(left, 3)
    letter(left, "loss")
    names = {"_gd": "beside GD", "_gdpp": "beside GD++"}
    for panel, (suffix, name) in zip(others, names.items(), strict=True):
        ends = {"cosine": PUBLISHED_COSINES[suffix]} if at_paper else None
        draw_alignment(panel, curves, suffix, ends)
        few_ticks(panel, 3)
        letter(panel, name)
    draw_shared_legend(figure, (left, others[0]), columns=3)
    return figure
