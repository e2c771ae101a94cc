"""The drawings that open the chapters, by name."""

import math
from collections.abc import Callable

from incontext.figures.drawing import (
    ATTENTION,
    CURVATURE,
    INPUT,
    SOLUTION,
    STEP,
    TARGET,
    Schematic,
    arrow,
    bar,
    cell,
    ellipse,
    line,
    pair,
    text,
)
from incontext.figures.token_schematic import prompt, recalled
from incontext.figures.world_schematic import one_nonlinearity, window, worlds


def schematic(name: str) -> Schematic:
    """Draw one of the book's ideas.

    Raises:
        ValueError: if there is no such drawing.
    """
    if name not in DRAWINGS:
        raise ValueError(f"There is no drawing {name!r}; choose from {', '.join(DRAWINGS)}.")
    return DRAWINGS[name]()


def votes() -> Schematic:
    """Chapter 1: every example votes for its own target."""
    columns, similarities, targets = (
        (12, 66, 120, 174),
        (0.9, -0.35, 0.55, 0.2),
        (0.8, 0.6, -0.6, 0.9),
    )
    query, top, base = 300, 72, 212
    parts = [text(168, 13, "attention: how similar is *x*_i to *x*?"), pair(query, top, "*x*", "?")]
    ballots = [40 * s * y for s, y in zip(similarities, targets, strict=True)]
    for index, (x, similarity, ballot) in enumerate(
        zip(columns, similarities, ballots, strict=True)
    ):
        middle = (x + query) / 2 + 18
        control = (-14, 8, 30, 50)[index]
        curve = [(query + 18, top), (middle, control), (x + 18, top)]
        dash = "5 5" if similarity < 0 else ""
        parts.append(line(curve, ATTENTION, width=7 * abs(similarity), dash=dash, bend=True))
        parts.append(pair(x, top, f"*x*_{index + 1}", f"*y*_{index + 1}"))
        parts.append(
            line([(x + 18, top + 62), (x + 18, base - 44)], "currentColor", width=0.8, dash="2 3")
        )
        parts.append(bar(x + 9, base, ballot, STEP))
    parts.append(line([(6, base), (226, base)], "currentColor", width=0.8))
    parts.append(text(112, base + 28, "votes: similarity × *y*_i"))
    total = sum(ballots)
    parts += [
        text(246, base + 4, "="),
        line([(266, base), (354, base)], "currentColor", width=0.8),
        bar(query + 9, base, total, STEP),
        arrow([(query + 18, base - total - 5), (query + 18, top + 64)], STEP, width=2.4),
        text(318, base + 28, "their sum"),
    ]
    return Schematic(
        "votes", 248, "".join(parts),
        "Four tokens, each an input above a target, and a query whose target is missing. "
        "Lines from the query to the inputs are as thick as they are similar. Below every "
        "example a bar, its similarity times its target; the sum of the bars goes to the "
        "query's empty slot.",
        "One layer of linear attention. Every example votes for its own target (orange), "
        "as loudly as its input resembles the query (blue lines; dashed: negative). The "
        "sum of the votes is the prediction of one gradient step.",
    )  # fmt: skip


def curvature() -> Schematic:
    """Chapter 2: a layer that also moves inputs."""
    parts = [
        pair(14, 24, "*x*_j", "*y*_j", width=56),
        arrow([(80, 39), (190, 39)], CURVATURE, width=2.4),
        arrow([(80, 69), (190, 69)], STEP, width=2.4),
        text(135, 30, "curvature", size=12),
        text(135, 88, "step", size=12),
        cell(200, 24, INPUT, "*x*_j − *γ* *H* *x*_j", width=146),
        cell(200, 54, TARGET, "*y*_j − Δ*W* *x*_j", width=146),
        text(42, 14, "token", size=12), text(273, 14, "after one layer", size=12),
        ellipse(82, 166, 74, 20),
    ]  # fmt: skip
    zigzag = [(22, 212), (24, 186), (52, 196), (54, 172), (72, 178)]
    parts += [line(zigzag[:-1], STEP, width=2), arrow(zigzag[-2:], STEP, width=2)]
    parts += [
        arrow([(164, 166), (204, 166)], CURVATURE, width=2.4),
        ellipse(276, 166, 54, 38),
        arrow([(231, 202), (271, 170)], STEP, width=2),
        text(82, 240, "a long valley: small steps"),
        text(276, 240, "rounder: large ones"),
    ]
    return Schematic(
        "curvature", 250, "".join(parts),
        "Above, a token of an input and a target before and after a layer: the input "
        "loses a multiple of the Hessian times itself, the target loses what the step "
        "explains. Below, the level lines of the loss: a long valley in which steps "
        "zigzag, and rounder ones that one step crosses.",
        "A layer of GD++. The target loses what the step has explained (vermilion), as "
        "before. The input moves as well (green), and that makes the valley of the next "
        "step rounder.",
    )  # fmt: skip


def features() -> Schematic:
    """Chapter 3: an MLP first, then the step of chapter 1."""
    wave = [(14 + k, 190 - 26 * math.sin(0.09 * k + 0.6)) for k in range(0, 97, 4)]
    dots = "".join(
        f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{TARGET}" stroke="currentColor"/>'
        for x, y in wave[2::5]
    )
    straight = [(250, 218), (346, 164)]
    parts = [
        pair(18, 30, "*x*_i", "*y*_i", width=50),
        arrow([(78, 60), (112, 60)], "currentColor"),
        '<rect x="118" y="38" width="66" height="44" rx="6" fill="none" stroke="currentColor"/>',
        text(151, 65, "MLP"),
        arrow([(190, 60), (224, 60)], "currentColor"),
        cell(232, 30, INPUT, "*φ*(*x*_i)", width=66), cell(232, 60, TARGET, "target", width=66),
        arrow([(304, 60), (346, 60)], STEP, width=2.4), text(326, 48, "step", size=12),
        text(43, 18, "token", size=12), text(265, 18, "features", size=12),
        line(wave, "currentColor", width=1.4), dots,
        arrow([(126, 190), (232, 190)], "currentColor"), text(179, 180, "through *φ*", size=12),
        line(straight, STEP, width=2),
        "".join(
            f'<circle cx="{250 + share * 96:g}" cy="{218 - share * 54:g}" r="4" fill="{TARGET}" '
            'stroke="currentColor"/>' for share in (0.1, 0.35, 0.6, 0.85)
        ),
        text(62, 240, "nonlinear in *x*"), text(298, 240, "linear in *φ*"),
    ]  # fmt: skip
    return Schematic(
        "features", 250, "".join(parts),
        "A token of an input and a target goes through an MLP and becomes features and a "
        "target, on which a step is taken. Below, examples on a sine wave, and the same "
        "examples on a straight line once they are drawn against the features.",
        "Features first, then a step. The MLP rewrites every token so that the problem is "
        "linear in what the attention layer sees.",
    )  # fmt: skip


def copying() -> Schematic:
    """Chapter 4: copy every target to its input, then step."""
    columns, names = (10, 74, 138, 202, 312), ("*x*_1", "*y*_1", "*x*_2", "*y*_2", "*x*")
    parts = [text(6, 14, "separate tokens", anchor="start", size=12)]
    for x, name in zip(columns, names, strict=True):
        parts.append(cell(x, 22, TARGET if "y" in name else INPUT, name))
    inputs = (columns[0], columns[2])
    parts += [
        arrow([(x + 76, 56), (x + 56, 76), (x + 26, 112)], ATTENTION, width=2.6) for x in inputs
    ]
    parts.append(text(276, 78, "layer 1: copy", size=13))
    parts.append(text(276, 94, "the next token", size=13))
    for x, above, below in zip(columns, names, ("*y*_1", "", "*y*_2", "", "?"), strict=True):
        if "y" not in above:
            parts.append(pair(x, 114, above, below))
    parts += [
        line([(x + 18, 178), (x + 18, 208), (columns[4] - 20, 208)], STEP, width=2.4)
        for x in inputs
    ]
    parts.append(
        arrow(
            [(columns[4] - 22, 208), (columns[4] + 18, 208), (columns[4] + 18, 180)],
            STEP,
            width=2.4,
        )
    )
    parts.append(text(165, 228, "layer 2: one gradient step"))
    return Schematic(
        "copying", 238, "".join(parts),
        "Above, five separate tokens: input, target, input, target, query. Arrows of the "
        "first layer carry every target into the token of its input. Below, the pairs "
        "that result, and lines of the second layer from them to the query.",
        "Copy, then step. The first layer moves every target into the token of its input; "
        "only then can the second take the gradient step of chapter 1.",
    )  # fmt: skip


def softmax() -> Schematic:
    """Chapter 5: two softmax heads of opposite sign."""
    scores = (0.9, -0.5, 0.35, -0.75)
    heads = [[math.exp(sign * 0.9 * s) for s in scores] for sign in (1, -1)]
    shares = [[one / sum(head) for one in head] for head in heads]
    parts = []
    for left, head, name in ((8, shares[0], "head +"), (132, shares[1], "head −")):
        parts += [bar(left + 24 * k, 120, 150 * share, ATTENTION) for k, share in enumerate(head)]
        parts.append(line([(left - 4, 120), (left + 96, 120)], "currentColor", width=0.8))
        parts.append(
            line([(left - 4, 82.5), (left + 96, 82.5)], "currentColor", width=1, dash="3 3")
        )
        parts.append(text(left + 45, 158, name))
    parts.append(text(54, 176, "all positive", size=12))
    parts.append(text(178, 176, "all positive", size=12))
    parts += [text(117, 100, "−", size=20), text(242, 100, "=", size=20)]
    for k, (plus, minus) in enumerate(zip(*shares, strict=True)):
        parts.append(bar(262 + 24 * k, 82.5, 75 * (plus - minus), STEP))
    parts.append(line([(258, 82.5), (358, 82.5)], "currentColor", width=0.8))
    parts += [text(308, 158, "difference"), text(308, 176, "both signs", size=12)]
    return Schematic(
        "softmax", 190, "".join(parts),
        "Bars of the attention weights of two softmax heads, all positive, which differ "
        "from a dashed line of equal shares in opposite ways; and the bars of their "
        "difference, positive and negative.",
        "Two softmax heads with opposite scores. Each gives positive weights only, around "
        "equal shares (dashed). In their difference the equal share cancels, and the "
        "votes of a gradient step remain.",
    )  # fmt: skip


def growing() -> Schematic:
    """Chapter 6: every state is a question once and an example ever after."""
    parts = [text(6, 16, "states read so far", anchor="start", size=12),
             text(354, 16, "question", anchor="end", size=12)]  # fmt: skip
    for row, t in enumerate((2, 3, 4)):
        y = 28 + 70 * row
        parts.append(text(8, y + 34, f"*t* = {t}", anchor="start"))
        parts += [pair(66 * k - 8, y, f"*s*_{k}", f"*s*_{k + 1}") for k in range(1, t)]
        parts.append(pair(314, y, f"*s*_{t}", "?"))
        start = 58 + 66 * (t - 2) + 42
        parts.append(arrow([(start, y + 45), (308, y + 45)], STEP, width=1.4 + 0.7 * row))
    return Schematic(
        "growing", 238, "".join(parts),
        "Three rows. After two states the data set is one pair of neighbours, after three "
        "it is two pairs, after four three. The latest state is the question; an arrow "
        "leads to it from the pairs.",
        "A data set that grows while the sequence is read. Each state is the question "
        "once, and from then on an example: the target (orange) of one pair and the input "
        "(blue) of the next.",
    )  # fmt: skip


def stack() -> Schematic:
    """Chapter 7: every layer improves the input that the next one uses."""
    parts = []
    for k, (x, size) in enumerate(((8, 1.0), (100, 0.6), (192, 0.3))):
        long, short = 34 - 4 * k, 10 + 5 * k
        parts.append(pair(x + 14, 36, "*x*" + "′" * k, "*ŷ*" if k else "", width=46))
        parts.append(ellipse(x + 37, 148, long, short))
        parts.append(bar(x + 28, 228, 36 * size, STEP))
        if k:
            parts.append(arrow([(x - 28, 51), (x + 10, 51)], CURVATURE, width=2.2))
            parts.append(arrow([(x - 28, 81), (x + 10, 81)], STEP, width=2.2))
    parts += [
        text(91, 22, "layer 1", size=12), text(183, 22, "layer 2", size=12),
        text(275, 22, "…", size=14),
        arrow([(256, 51), (294, 51)], CURVATURE, width=2.2),
        arrow([(256, 81), (294, 81)], STEP, width=2.2),
        pair(302, 36, "*R x*", "*ŷ*", width=50), ellipse(327, 148, 20, 20), bar(318, 228, 4, STEP),
        text(180, 246, "the loss falls with every layer", size=12),
        line([(8, 228), (352, 228)], "currentColor", width=0.8),
    ]  # fmt: skip
    return Schematic(
        "stack", 254, "".join(parts),
        "A token passes through layers. Each layer changes its input and its prediction. "
        "Below, the level lines of the problem become rounder from layer to layer, and "
        "the loss falls.",
        "A stack of causal layers. Every layer takes a step (vermilion) and rewrites the "
        "input that the next one uses (green), until the problem is as good as solved.",
    )  # fmt: skip


def mesa() -> Schematic:
    """Chapter 8: a head that solves where attention steps."""
    parts = [text(44, 14, "keys, values", size=12)]
    for k in range(3):
        parts.append(cell(10, 24 + 36 * k, INPUT, f"*k*_{k + 1}", width=32))
        parts.append(cell(44, 24 + 36 * k, TARGET, f"*v*_{k + 1}", width=32))
    parts += [
        arrow([(84, 60), (118, 48)], STEP, width=2),
        arrow([(84, 92), (118, 136)], SOLUTION, width=2),
        ellipse(174, 46, 54, 20, -20), arrow([(126, 24), (150, 38)], STEP, width=2.4),
        text(174, 88, "attention: one step", size=12),
        ellipse(174, 146, 54, 20, -20), arrow([(126, 124), (170, 144)], SOLUTION, width=2.4),
        text(174, 198, "mesa: the minimum", size=12),
        arrow([(232, 46), (254, 46)], STEP, width=2),
        arrow([(232, 146), (254, 146)], SOLUTION, width=2),
        text(356, 50, "*o* = *η* Σ*vk*ᵀ*q*", anchor="end"),
        text(356, 150, "*o* = Σ*vk*ᵀ *R q*", anchor="end"),
        text(358, 174, "*R* = (Σ*kk*ᵀ + *I*/*λ*)⁻¹", anchor="end", size=11),
        line([(10, 214), (350, 214)], "currentColor", width=0.6, dash="2 4"),
        cell(62, 224, SOLUTION, "*R*_t_-_1", width=64), cell(234, 224, SOLUTION, "*R*_t", width=64),
        arrow([(132, 239), (228, 239)], "currentColor"), text(180, 232, "one key *k*_t", size=12),
    ]  # fmt: skip
    return Schematic(
        "mesa", 262, "".join(parts),
        "Keys and values feed two heads. Attention takes one step down the level lines of "
        "a loss; the mesa head goes to the minimum. Below, the matrix R of one position "
        "becomes that of the next with one more key.",
        "A mesa head. Linear attention takes one step (vermilion) on the pairs of keys "
        "and values; the mesa head goes to the minimum (pink). What it needs for that, R, "
        "follows from the R before and one new key.",
    )  # fmt: skip


def binding() -> Schematic:
    """Chapter 9: each state is bound to the one before it; the first has none."""
    columns = (14, 92, 170, 248)
    parts = [text(6, 14, "one state per token", anchor="start", size=12)]
    for k, x in enumerate(columns):
        parts.append(cell(x, 24, INPUT, f"*s*_{k + 1}", width=44))
        below = f"*s*_{k}" if k else "*s*_1"
        parts.append(cell(x, 126, TARGET, f"*s*_{k + 1}", width=44))
        parts.append(cell(x, 156, INPUT, below, width=44))
        if k:
            parts.append(arrow([(columns[k - 1] + 22, 56), (x + 10, 122)], ATTENTION, width=2.6))
        else:
            parts.append(arrow([(x + 22, 56), (x + 22, 122)], STEP, width=2.2))
    parts += [
        text(330, 44, "…", size=16), text(330, 160, "…", size=16),
        f'<rect x="8" y="120" width="56" height="72" rx="8" fill="none" stroke="{STEP}" '
        'stroke-width="2" stroke-dasharray="4 3"/>',
        text(36, 210, "false pair", size=12), text(206, 210, "pairs of neighbours", size=12),
        text(318, 88, "layer 1"), text(318, 104, "binds"),
    ]  # fmt: skip
    return Schematic(
        "binding", 222, "".join(parts),
        "Above, tokens of one state each. Arrows of the first layer carry every state "
        "into the token after it. Below, tokens that hold a state and its predecessor. "
        "The first has no predecessor and is paired with itself: a false pair, marked by "
        "a dashed frame.",
        "The network builds its own data set. The first layer binds every state to the "
        "one before it (dark blue). The first state has none, is bound to itself, and is "
        "a wrong example ever after (dashed).",
    )  # fmt: skip


def fixed_set() -> Schematic:
    """Chapter 10: the same tasks at every step, and what that is worth on fresh ones."""
    parts = [text(64, 14, "the same *B* tasks", size=12), text(312, 14, "fresh ones", size=12)]
    for x, name in ((10, "1"), (46, "2"), (82, "…"), (118, "*B*")):
        parts += [cell(x, 22, INPUT, name, width=30), cell(x, 52, TARGET, width=30)]
    parts += [
        '<rect x="186" y="36" width="62" height="34" rx="6" fill="none" stroke="currentColor"/>',
        text(217, 58, "layer"),
        arrow([(154, 46), (182, 46)], ATTENTION, width=2.4),
        arrow([(186, 76), (170, 100), (60, 88)], ATTENTION, bend=True),
        text(190, 100, "again", size=12),
        arrow([(252, 53), (282, 53)], STEP, width=2.4),
    ]
    for x in (290, 324):
        parts += [cell(x, 22, INPUT, width=28), cell(x, 52, "", "?", width=28)]
    left, level, unit = 44, 200, 40  # of the axis, of the best step, of its loss
    weights, shares = 120, [2 ** (k / 4) for k in range(25)]  # tasks per weight

    def place(share: float, loss: float) -> tuple[float, float]:
        return left + 46 * math.log2(share), level - unit * (loss - 1)

    fresh = [place(s, 1 + 1 / (s - 1 - 1 / weights)) for s in shares if s > 1.5]
    parts += [
        line([(left, level), (350, level)], "currentColor", width=1.2, dash="5 4"),
        line(fresh, STEP, width=2.2),
        line([place(s, 1 - 1 / s) for s in shares], ATTENTION, width=2.2),
        line([(left, 118), (left, 240)], "currentColor", width=0.8),
        line([(left, 240), (350, 240)], "currentColor", width=0.8),
        text(120, 152, "on fresh tasks", anchor="start"),
        text(146, 236, "on the set", anchor="start"),
        text(350, 190, "best step", anchor="end", size=12),
        text(left, 260, "as many as weights", anchor="start", size=12),
        text(350, 260, "tasks in the set →", anchor="end", size=12),
        text(8, 134, "loss", anchor="start", size=12),
    ]  # fmt: skip
    return Schematic(
        "fixed_set", 268, "".join(parts),
        "Above, a layer that is trained on the same tasks at every step and then asked "
        "about fresh ones. Below, loss against the number of tasks in the set: on the set "
        "it starts at zero and rises to a dashed line, on fresh tasks it falls from far "
        "above to the same line.",
        "The same tasks at every step. With as many tasks as weights a layer can fit its "
        "set (dark blue) and fails on fresh tasks (vermilion). With more tasks both come "
        "to the best gradient step (dashed). Curves: least squares, normal features.",
    )  # fmt: skip


DRAWINGS: dict[str, Callable[[], Schematic]] = {
    "votes": votes,
    "curvature": curvature,
    "features": features,
    "copying": copying,
    "softmax": softmax,
    "fixed_set": fixed_set,
    "growing": growing,
    "stack": stack,
    "mesa": mesa,
    "binding": binding,
    "worlds": worlds,
    "window": window,
    "one_nonlinearity": one_nonlinearity,
    "prompt": prompt,
    "recalled": recalled,
}
