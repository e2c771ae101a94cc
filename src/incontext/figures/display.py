"""A figure on a page: a vector picture, one more for telephones, a caption that says its source."""

import base64
import dataclasses
import html
import io
import re
from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from incontext.figures import FigureEntry, get
from incontext.figures.column import stack
from incontext.figures.style import style
from incontext.figures.vector import lean
from incontext.records import provenance, reading
from incontext.records.types import Manifest, Result

OURS = "Not in the paper."  # in a caption; on a page the figure is then called one of this book
SIZE = re.compile(rb'<svg[^>]* width="([\d.]+)pt" height="([\d.]+)pt"')


@dataclasses.dataclass(frozen=True)
class Shown:
    """What a notebook cell shows: a picture, and its words where there are no pictures."""

    entry: FigureEntry
    source: str
    anchor: str  # where a recorded figure may be cited, or nothing
    svg: bytes
    narrow: bytes | None = None  # its panels below each other, for a telephone

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude
        return {
            "text/html": self._html(),
            "text/plain": f"Figure {self.entry.id}. {self.entry.caption} {self.source}",
        }

    def _html(self) -> str:
        pictures = element(self.svg, self.entry.alt, self.narrow)
        paper, number = self.entry.paper, self.entry.id[1:]
        is_ours = not paper or number.startswith("x") or OURS in self.entry.caption
        title = "This book." if is_ours else f"Paper {paper}, Figure {number.split('-')[0]}."
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
        said = about(entry, source)
        return picture(entry, result, made(source), f"figure-{figure_id}", said)
    return picture(entry, result, source)


def element(svg: bytes, alt: str, narrow: bytes | None = None) -> str:
    """A picture as HTML that holds it, and the one that a telephone shows instead."""
    source = ""
    if narrow:
        source = f'<source media="(max-width: 600px)" srcset="{_address(narrow)}" {room(narrow)}>'
    return (
        f'<picture>{source}<img alt="{html.escape(alt, quote=True)}" {room(svg)} '
        f'style="max-width: 100%; height: auto" src="{_address(svg)}"></picture>'
    )


def _address(svg: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


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


def picture(entry: FigureEntry, result: Result, source: str, anchor: str = "",
            said: Mapping[str, str] | None = None) -> Shown:  # fmt: skip
    """Draw what an entry says for a page.

    anchor: where on the page it may be linked to, or nothing.  said: what its file says of itself.
    """
    return Shown(entry, source, anchor, *_draw(entry, result, said or {}))


def _draw(
    entry: FigureEntry, result: Result, said: Mapping[str, str]
) -> tuple[bytes, bytes | None]:
    """The picture, and the one with its panels in one column if that can be."""
    with style():
        figure = entry.draw(result)
        svg = written(figure, "svg", said)
        narrow = written(figure, "svg", {}) if stack(figure) else None
        plt.close(figure)
    return svg, narrow


def about(entry: FigureEntry, manifest: Manifest) -> dict[str, str]:
    """What the file of a recorded figure says of itself: figure, data and commit."""
    text = (
        f"{entry.experiment}/{manifest.preset}, data sha256 {manifest.checksum}, "
        f"commit {manifest.git['commit']}"
    )
    return {"Title": f"incontext {entry.id}", "Description": text}


def written(figure: Figure, kind: str, said: Mapping[str, str]) -> bytes:
    """A drawn figure as a small file of some kind, the same bytes at any time of day."""
    file, words = io.BytesIO(), dict[str, str | None](said)
    if kind == "pdf":
        words = {"Title": said["Title"], "Subject": said["Description"], "CreationDate": None}
    elif kind == "svg":
        words |= dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(file, format=kind, metadata=words)
    if kind == "svg":
        return lean(file.getvalue())
    return _in_few_colours(file) if kind == "png" else file.getvalue()


def _in_few_colours(png: io.BytesIO) -> bytes:
    """A picture with a palette of 256 colours, which no drawing needs more of, and its words."""
    drawn, file, words = Image.open(png), io.BytesIO(), PngInfo()
    for name in ("Title", "Description"):
        words.add_text(name, drawn.info[name])
    few = drawn.quantize(256, method=Image.Quantize.FASTOCTREE)
    few.save(file, "png", optimize=True, pnginfo=words, dpi=drawn.info.get("dpi"))
    return file.getvalue()
