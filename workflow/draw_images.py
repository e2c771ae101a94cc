"""Draws the pictures of README.md and intro.md from the record; a test compares them.

Run as `python workflow/draw_images.py [FOLDER]` after `incontext run single-layer --record`.
"""

import sys
from pathlib import Path

from incontext.figures.display import show
from incontext.records import reading

PICTURES = {"teaser": ("A9-training", "single-layer"), "single-layer": ("A2", "single-layer")}


def main() -> None:
    """Write images/<name>-light.svg and -dark.svg."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("images")
    folder.mkdir(parents=True, exist_ok=True)
    for name, (figure, experiment) in PICTURES.items():
        record = reading.best(experiment)
        shown = show(figure, record.result, reading.origin(record.manifest))
        (folder / f"{name}-light.svg").write_bytes(shown.light)
        (folder / f"{name}-dark.svg").write_bytes(shown.dark)


if __name__ == "__main__":
    main()
