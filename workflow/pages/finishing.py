"""The last touch on rendered pages: names the theme forgets, pictures as files, no idle scripts."""

import base64
import hashlib
import os
import re
from pathlib import Path

TOGGLE = '<span class="toctree-toggle"'
FORGOTTEN = {
    f"<summary>{TOGGLE}": f'<summary aria-label="subpages">{TOGGLE}',
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}
# The style sheet has the same icons as a font, at a third of the size.
ICONS = re.compile(r'\s*<script defer src="[^"]*scripts/fontawesome\.js[^"]*"></script>')
SEARCH = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>'
)
PICTURE = re.compile(r'src="data:image/(svg\+xml|png);base64,([^"]+)"')
SUFFIXES = {"svg+xml": "svg", "png": "png"}


def finish(html: Path) -> None:
    """Rewrite every page below a folder."""
    for path in sorted(html.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for wrong, right in FORGOTTEN.items():
            text = text.replace(wrong, right)
        text = ICONS.sub("", text)
        if path.name != "search.html":
            text = SEARCH.sub("", text)
        path.write_text(with_files(text, path.parent, html), encoding="utf-8")


def with_files(text: str, page: Path, html: Path) -> str:
    """Pictures inside a page as files beside it: the one for the other theme is never loaded."""
    folder = html / "_images"

    def extract(found: re.Match[str]) -> str:
        content = base64.b64decode(found[2])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.{SUFFIXES[found[1]]}"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
        return f'loading="lazy" src="{os.path.relpath(folder / name, page)}"'

    return PICTURE.sub(extract, text)
