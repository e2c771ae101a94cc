"""A figure on a page: vector pictures for light and dark, a caption that says its source."""

import base64
import dataclasses
import html
import io
import re

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from incontext.figures import FigureEntry, get
from incontext.figures.column import stack
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
    narrow: tuple[bytes, bytes] | None = None  # light and dark, for a telephone

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
        versions = [("wide" if self.narrow else "", (self.light, self.dark))]
        versions += [("narrow", self.narrow)] if self.narrow else []
        pictures = "".join(
            f'<img class="only-{theme} {width}" alt="{alt}" {room(svg)} '
            'style="max-width: 100%; height: auto" '
            f'src="data:image/svg+xml;base64,{base64.b64encode(svg).decode()}">'
            for width, both in versions
            for theme, svg in zip(("light", "dark"), both, strict=True)
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
    light, png, *thin = _draw(entry, result, "light", ("svg", "png"))
    dark, *thin_dark = _draw(entry, result, "dark", ("svg",))
    narrow = (thin[0], thin_dark[0]) if thin else None
    return Shown(entry, source, anchor, light, dark, png, narrow)


def _draw(entry: FigureEntry, result: Result, theme: str, kinds: tuple[str, ...]) -> list[bytes]:
    """Pictures of some kinds, and one more with the panels in one column if that can be."""
    with style(theme):
        figure = entry.draw(result)
        pictures = [_saved(figure, kind) for kind in kinds]
        if stack(figure):
            pictures.append(_saved(figure, "svg"))
        plt.close(figure)
    return pictures


def _saved(figure: Figure, kind: str) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return file.getvalue()
