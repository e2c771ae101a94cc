"""The drawings that open the chapters on other worlds."""

import math

from incontext.figures.drawing import (
    ATTENTION,
    INPUT,
    STEP,
    TARGET,
    Schematic,
    arrow,
    cell,
    line,
    text,
)


def worlds() -> Schematic:
    """Chapter 12: where every sequence turns by its own angle, shrinks, or turns as all do."""
    panels = {
        "its own map": [(0.2, 1.1, 1.0), (2.5, -0.6, 1.0)],
        "contracting": [(0.3, 0.9, 0.72), (3.4, -1.0, 0.68)],
        "one map": [(0.2, 0.8, 1.0), (3.1, 0.8, 1.0)],
    }
    parts, radius, middle = [], 40, 78
    for index, (name, sequences) in enumerate(panels.items()):
        centre = 60 + 120 * index
        parts.append(text(centre, 16, name))
        parts.append(
            f'<circle cx="{centre}" cy="{middle}" r="{radius}" fill="none" '
            'stroke="currentColor" stroke-width="0.8" stroke-dasharray="2 3"/>'
        )
        for (start, turn, shrink), colour in zip(sequences, (ATTENTION, STEP), strict=True):
            points = [
                (
                    centre + radius * shrink**k * math.cos(start + turn * k),
                    middle - radius * shrink**k * math.sin(start + turn * k),
                )
                for k in range(5 if shrink == 1 else 7)
            ]
            parts.append(line(points, colour, width=1.4))
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>' for x, y in points
            ]
    side, x0 = 44, 180
    parts.append(
        f'<rect x="{x0 - side}" y="{middle - side}" width="{2 * side}" height="{2 * side}" '
        'fill="none" stroke="currentColor" stroke-width="1"/>'
    )
    bounded = [(x0 + side, middle - 30), (x0 - side, middle + 30)]
    parts.append(line(bounded, TARGET, width=1.4, dash="4 3"))
    parts += [f'<circle cx="{x}" cy="{y}" r="2.6" fill="{TARGET}"/>' for x, y in bounded]
    return Schematic(
        "worlds", 132, "".join(parts),
        "Three drawings of states in a plane, two sequences each. Left, both go round a circle, by "
        "different angles. Middle, both spiral into the middle, and a third jumps between two "
        "sides of a square. Right, both go round the circle by the same angle.",
        "Three worlds, two sequences each. Left, every sequence has a rotation of its own. Middle, "
        "maps that contract; some sequences jump between the bounds of a state (dashed) and never "
        "do. Right, one rotation for all, so that nothing is left to learn from a sequence.",
    )  # fmt: skip


def window() -> Schematic:
    """Chapter 14: a few observations of a hidden state together determine the next one."""
    centres, hidden, seen = (40, 112, 184, 256, 328), 44, 122
    names = ("t-3", "t-2", "t-1", "t", "t+1")
    parts = [text(180, 14, "hidden: *h* moves by *W*", size=12)]
    for index, (x, name) in enumerate(zip(centres, names, strict=True)):
        last = index == len(centres) - 1
        parts += [
            f'<circle cx="{x}" cy="{hidden}" r="17" fill="none" stroke="currentColor" '
            'stroke-width="1.2" stroke-dasharray="3 3"/>',
            text(x, hidden + 5, "*h*"),
            arrow([(x, hidden + 19), (x, seen - 18)], "currentColor", width=1),
            cell(x - 18, seen - 15, TARGET if last else INPUT, "?" if last else "*s*"),
            text(x, seen + 32, name, size=11),
        ]
        if not last:
            parts.append(arrow([(x + 19, hidden), (centres[index + 1] - 19, hidden)], STEP))
    left, right = centres[1] - 26, centres[3] + 26
    parts += [
        f'<rect x="{left}" y="{seen - 22}" width="{right - left}" height="44" rx="8" fill="none" '
        f'stroke="{ATTENTION}" stroke-width="2"/>',
        arrow([(centres[3], seen + 40), (292, seen + 66), (centres[4], seen + 40)], ATTENTION,
              bend=True),
        text(170, seen + 62, "three that fill the state", size=12),
    ]  # fmt: skip
    return Schematic(
        "window", 196, "".join(parts),
        "A row of dashed circles, hidden states, each leading to the next. Below each a box, what "
        "is observed of it; the last one is unknown. A frame around the three latest boxes, and an "
        "arrow from there to the unknown one.",
        "What is seen of a state is less than the state (dashed). Three observations with as many "
        "numbers as the state determine it, and so the next observation. To regress on such "
        "windows, a network has to bring their parts into one token.",
    )  # fmt: skip


def one_nonlinearity() -> Schematic:
    """Chapter 16: all sequences go through one network, and each through a map of its own."""
    rows, parts = (46, 126), [text(134, 18, "the same for all", size=12),
                              text(258, 18, "new for each", size=12)]  # fmt: skip
    parts.append(
        f'<rect x="100" y="{rows[0] - 18}" width="68" height="{rows[1] - rows[0] + 36}" rx="8" '
        f'fill="{ATTENTION}" fill-opacity="0.18" stroke="{ATTENTION}" stroke-width="2"/>'
    )
    parts.append(text(134, (rows[0] + rows[1]) / 2 + 5, "MLP*"))
    for y, name in zip(rows, ("*W*_1", "*W*_2"), strict=True):
        parts += [
            cell(22, y - 15, INPUT, "*s*_t"),
            arrow([(60, y), (98, y)], "currentColor", width=1.2),
            arrow([(170, y), (238, y)], "currentColor", width=1.2),
            text(204, y - 8, "*f*_t"),
            cell(240, y - 15, STEP, name),
            arrow([(278, y), (308, y)], "currentColor", width=1.2),
            cell(310, y - 15, TARGET, "?"),
        ]
    parts.append(text(180, 172, "to be learned in weights, and in context", size=12))
    return Schematic(
        "one_nonlinearity", 186, "".join(parts),
        "Two rows, one per sequence. In each a state goes through one large box, the same for both "
        "rows, then through a small box of its own, to an unknown next state.",
        "Every sequence goes through the same network MLP*, then through a map W of its own. The "
        "network can be learned once, in the weights; the map has to be fitted in context, and "
        "given the features f it is a linear regression.",
    )  # fmt: skip
