"""A passage to read in a page: tokens tinted by which of two networks expected them more.

It is HTML, for what a picture of text cannot do: words are selected and searched, and a token says
its numbers when it is pointed at.  Shapes: T tokens.
"""

import html

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb

from incontext.figures.language import surprises
from incontext.figures.style import COLOURS
from incontext.records.types import Result

FULL = 3.0  # nats of a difference that has the full tint
STRONGEST = 0.6  # of a tint, so that words stay legible on light and dark pages
LOOKS = {"mesa": "mesa", "softmax": "softmax", "linear": "trained"}


class Passage:
    """A held-out passage as two networks read it, in a page or a notebook.

    one, other: kinds of attention, such as "mesa" and "softmax".  family: networks they are taken
    of; the first that has both without it.
    """

    def __init__(self, result: Result, one: str, other: str, family: str | None = None) -> None:
        self.one, self.other = one, other
        self.tokens = surprises(result, one, other, family)
        self.family = str(self.tokens["family"].iloc[0])

    @property
    def gains(self) -> pd.Series:
        """Nats by which `one` was less surprised, token by token."""
        return self.tokens[self.other] - self.tokens[self.one]

    def summary(self) -> str:
        """The mean difference on tokens that came before in the passage, and on others."""
        said = []
        for seen, words in ((True, "seen before"), (False, "new")):
            mine = self.gains[self.tokens["seen"] == seen]
            said.append(f"{mine.mean():+.2f} nats a token on the {len(mine)} {words}")
        return f"{self.one} over {self.other}: " + ", ".join(said)

    def _repr_html_(self) -> str:
        spans = "".join(
            self._token(str(row.text), gain, row)
            for row, gain in zip(self.tokens.itertuples(), self.gains, strict=True)
        )
        legend = "".join(
            f'<span style="{tint(name, FULL)}">{name} expected it more</span> '
            for name in (self.one, self.other)
        )
        return (
            f'<p class="passage-legend">{legend}<u>underlined</u>: seen before in the passage</p>'
            f'<p class="passage" style="line-height:1.9">{spans}</p>'
            f"<p><em>{html.escape(self.summary())}. Point at a token for its numbers.</em></p>"
        )

    def __repr__(self) -> str:
        return self.summary()

    def _token(self, text: str, gain: float, row: object) -> str:
        first, second = getattr(row, self.one), getattr(row, self.other)
        told = f"{self.one} {first:.1f}, {self.other} {second:.1f} nats"
        line = ";text-decoration:underline" if getattr(row, "seen") else ""  # noqa: B009
        words = html.escape(text).replace("\n", "<br>")
        style = tint(self.one if gain > 0 else self.other, abs(gain))
        return f'<span title="{html.escape(told)}" style="{style}{line}">{words}</span>'


def tint(kind: str, size: float) -> str:
    """Background of a token; transparent where the networks agree."""
    red, green, blue = (round(255 * part) for part in to_rgb(COLOURS[LOOKS[kind]]))
    strength = STRONGEST * float(np.clip(size / FULL, 0.0, 1.0))
    return f"background-color:rgba({red},{green},{blue},{strength:.2f})"
