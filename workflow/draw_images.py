"""Draws the pictures of README.md and intro.md from the record; a test compares them.

Run as `python workflow/draw_images.py [FOLDER]` after the record of single-layer has changed.
"""

import sys
from pathlib import Path

from incontext.figures.display import show
from incontext.records import reading

PICTURES = {"teaser": "A9-training", "single-layer": "A2"}

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("images")
    folder.mkdir(parents=True, exist_ok=True)
    record = reading.best("single-layer")
    for name, figure in PICTURES.items():
        shown = show(figure, record.result, record.manifest)
        (folder / f"{name}-light.svg").write_bytes(shown.light)
        (folder / f"{name}-dark.svg").write_bytes(shown.dark)
