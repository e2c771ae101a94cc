"""A figure on a page: vector pictures for light and dark, a caption that says its source."""

import base64
import dataclasses
import html
import io
import re

import matplotlib.pyplot as plt

from incontext.figures import FigureEntry, get
from incontext.figures.style import style
from incontext.records import provenance, reading
from incontext.records.types import Manifest, Result

OURS = "Not in the paper."  # in a caption; on a page the figure is then called one of this book
SIZE = re.compile(rb'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"')


@dataclasses.dataclass(frozen=True)
class Shown:
    """What a notebook cell shows: SVG on a page, PNG where there are no pages."""

    entry: FigureEntry
    source: str
    anchor: str  # where a recorded figure may be cited, or nothing
    light: bytes
    dark: bytes
    png: bytes

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str | bytes]:
        del include, exclude
        return {
            "text/html": self._html(),
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": f"Figure {self.entry.id}. {self.entry.caption} {self.source}",
        }

    def _html(self) -> str:
        alt = html.escape(self.entry.alt, quote=True)
        pictures = "".join(
            f'<img class="only-{theme}" alt="{alt}" {room(svg)} '
            'style="max-width: 100%; height: auto" '
            f'src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}">'
            for theme, svg in (("light", self.light), ("dark", self.dark))
        )
        paper, number = self.entry.paper, self.entry.id[1:]
        is_ours = not paper or number.startswith("x") or OURS in self.entry.caption
        title = "This book." if is_ours else f"Paper {paper}, Figure {number}."
        words = html.escape(self.entry.caption.replace(f" {OURS}", ""))
        told = f"{words} <em>{html.escape(self.source)}</em>"
        caption = f"<strong>{title}</strong> {told}"
        anchor = f' id="{self.anchor}"' if self.anchor else ""
        return f'<figure{anchor}>{pictures}<figcaption style="display: block">{caption}</figcaption></figure>'  # noqa: E501


def show(figure_id: str, result: Result, source: Manifest | str) -> Shown:
    """Draw a figure for a page.

    source: the manifest of the record it shows, which gives it an address that may be cited; or
        words for anything else, such as what was trained for this page.

    Raises:
        ValueError: if there is no such figure.
    """
    entry = get(figure_id)
    if isinstance(source, Manifest):
        return picture(entry, result, made(source), f"figure-{figure_id}")
    return picture(entry, result, source)


def room(svg: bytes) -> str:
    """Width and height of a picture in pixels, as attributes, so that a page keeps room for it."""
    if not (found := SIZE.search(svg)):
        return ""
    width, height = (round(float(points) * 4 / 3) for points in found.groups())
    return f'width="{width}" height="{height}"'


def made(manifest: Manifest) -> str:
    """Say by whom a figure's numbers were made; the fold below it and the manifest say the rest."""
    of_sweep = provenance.is_sweep(manifest)
    preset = manifest.config["preset"] if of_sweep else manifest.preset
    return f"Recorded: preset {preset}, {reading.training_seeds(manifest)}."


def picture(entry: FigureEntry, result: Result, source: str, anchor: str = "") -> Shown:
    """Draw what an entry says for a light and a dark page.

    anchor: where on the page it may be linked to, or nothing.
    """
    light, png = _draw(entry, result, "light", ("svg", "png"))
    (dark,) = _draw(entry, result, "dark", ("svg",))
    return Shown(entry, source, anchor, light, dark, png)


def _draw(entry: FigureEntry, result: Result, theme: str, kinds: tuple[str, ...]) -> list[bytes]:
    with style(theme):
        figure = entry.draw(result)
        pictures = []
        for kind in kinds:
            file = io.BytesIO()
            figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
            pictures.append(file.getvalue())
        plt.close(figure)
    return pictures
