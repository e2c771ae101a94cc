"""What the book's drawings are made of: tokens, arrows, bars, level lines.

A drawing is one SVG for light and dark pages: text and outlines take the colour of the page's
text. Inputs are blue and targets orange everywhere; what a gradient step does is vermilion, a
curvature correction green, a least-squares solution pink, attention dark blue.
"""

import dataclasses
import html
import math
from collections.abc import Sequence

from incontext.figures.style import COLOURS

Number = int | float

WIDTH = 360  # of every drawing, in its own units: those of a telephone
INPUT, TARGET = COLOURS["softmax"], COLOURS["interpolated"]
STEP, CURVATURE, SOLUTION = COLOURS["gradient descent"], COLOURS["GD++"], COLOURS["mesa"]
ATTENTION = COLOURS["trained"]
CELL = 30  # height and least width of a part of a token


@dataclasses.dataclass(frozen=True)
class Schematic:
    """A drawing on a page, with what it shows in words for those who do not see it."""

    name: str
    height: int
    body: str
    alt: str
    caption: str

    def svg(self) -> str:
        """The drawing alone."""
        return (
            f'<svg class="schematic" viewBox="0 0 {WIDTH} {self.height}" role="img" '
            f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" font-size="13" '
            f'fill="currentColor" style="width: 100%; max-width: 34rem">'
            f"<title>{html.escape(self.alt)}</title>{self.body}</svg>"
        )

    def _repr_html_(self) -> str:
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return (
            f'<figure class="schematic" id="schematic-{self.name}">{self.svg()}{caption}</figure>'
        )

    def __repr__(self) -> str:
        return f"{self.caption} {self.alt}"


def text(x: Number, y: Number, words: str, *, anchor: str = "middle", size: Number = 13) -> str:
    """Words; `_` lowers and `^` raises the character after it, `*` makes symbols of letters."""
    out, italic, shift = [], False, 0
    letters = iter(words)
    for one in letters:
        if one == "*":
            italic = not italic
            continue
        lower, upper = one == "_", one == "^"
        shown = next(letters, "") if lower or upper else one
        move = (4 if lower else -5 if upper else 0) - shift
        shift += move
        look = ' font-style="italic" font-family="serif" font-size="1.12em"' if italic else ""
        small = ' font-size="0.75em"' if lower or upper else look
        dy = f' dy="{move}"' if move else ""
        out.append(f"<tspan{dy}{small}>{html.escape(shown)}</tspan>")
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}" '
        f'xml:space="preserve">{"".join(out)}</text>'
    )


def cell(x: Number, y: Number, colour: str, words: str = "", *, width: Number = 36) -> str:
    """A part of a token, its left upper corner at (x, y); without a colour it is empty."""
    fill = (
        f'fill="{colour}" fill-opacity="0.35" stroke="{colour}"'
        if colour
        else ('fill="none" stroke="currentColor" stroke-dasharray="3 3" stroke-opacity="0.6"')
    )
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{CELL}"'
    shape = f'<rect {place} rx="4" stroke-width="1.5" {fill}/>'
    return shape + (text(x + width / 2, y + 20, words) if words else "")


def pair(x: Number, y: Number, above: str, below: str, *, width: Number = 36) -> str:
    """A token of an input and a target; a target of "" is an empty slot, one of "?" a question."""
    colour = TARGET if below not in ("", "?") else ""
    return cell(x, y, INPUT, above, width=width) + cell(x, y + CELL, colour, below, width=width)


def line(points: Sequence[tuple[Number, Number]], colour: str, *, width: Number = 1.8,
         dash: str = "", bend: bool = False) -> str:  # fmt: skip
    """A line through points, or, bent, a curve with the middle point as its control."""
    (x, y), *rest = points
    path = f"M{x:g} {y:g}" + ("Q" if bend else "L") + " ".join(f"{a:g} {b:g}" for a, b in rest)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}" '
        f'stroke-linecap="round"{dashes}/>'
    )


def arrow(points: Sequence[tuple[Number, Number]], colour: str, *, width: Number = 1.8,
          bend: bool = False) -> str:  # fmt: skip
    """A line with a head at its last point."""
    (x0, y0), (x1, y1) = points[-2:]
    angle, size = math.atan2(y1 - y0, x1 - x0), 4.5 + width
    back = (x1 - size * math.cos(angle), y1 - size * math.sin(angle))
    corners = [
        (x1 + size * 1.35 * math.cos(angle + turn), y1 + size * 1.35 * math.sin(angle + turn))
        for turn in (math.pi - 0.42, math.pi + 0.42)
    ]
    head = " ".join(f"{a:.1f},{b:.1f}" for a, b in ((x1, y1), *corners))
    shaft = line([*points[:-1], back], colour, width=width, bend=bend)
    return f'{shaft}<polygon points="{head}" fill="{colour}"/>'


def bar(x: Number, base: Number, height: Number, colour: str, *, width: Number = 18) -> str:
    """A bar that stands on its base, or hangs from it if its height is negative."""
    return (
        f'<rect x="{x:g}" y="{min(base, base - height):g}" width="{width:g}" '
        f'height="{abs(height):g}" fill="{colour}"/>'
    )


def ellipse(x: Number, y: Number, long: Number, short: Number, turn: Number = -30) -> str:
    """Level lines of a loss about its minimum."""
    rings = "".join(
        f'<ellipse cx="{x:g}" cy="{y:g}" rx="{long * share:g}" ry="{short * share:g}" '
        f'transform="rotate({turn:g} {x:g} {y:g})"/>'
        for share in (1.0, 0.66, 0.33)
    )
    dot = f'<circle cx="{x:g}" cy="{y:g}" r="2.5"/>'
    return f'<g fill="none" stroke="currentColor" stroke-opacity="0.45">{rings}</g>{dot}'
