"""Draws the pictures of README.md and of shared links from the record; a test compares them.

Run as `python workflow/draw_images.py [FOLDER]` after the record of single-layer has changed.
"""

import io
import sys
from pathlib import Path

from PIL import Image

from incontext import figures
from incontext.cli.citing import draw
from incontext.figures.display import show
from incontext.records import reading

PICTURES = {"single-layer": "A2"}
PREVIEW = "A9-training"


def on_white(png: bytes) -> Image.Image:
    """A picture that can be read wherever a link is shown."""
    drawn = Image.open(io.BytesIO(png)).convert("RGBA")
    page = Image.new("RGBA", drawn.size, "white")
    page.alpha_composite(drawn)
    return page.convert("RGB")


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("images")
    folder.mkdir(parents=True, exist_ok=True)
    record = reading.best("single-layer")
    for name, figure in PICTURES.items():
        (folder / f"{name}.svg").write_bytes(show(figure, record.result, record.manifest).svg)
    preview = on_white(draw(figures.get(PREVIEW), record, "png"))
    preview.save(folder / "preview.png", optimize=True)
