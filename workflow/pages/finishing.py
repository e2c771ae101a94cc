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
PICTURE = re.compile(r'src="data:image/(svg|png)(?:\+xml)?;base64,([^"]+)"')


def finish(html: Path) -> None:
    """Rewrite every page below a folder.

    Pictures inside a page become files beside it: the one for the other theme is never loaded.
    """
    folder = html / "_images"
    folder.mkdir(exist_ok=True)
    for page in sorted(html.rglob("*.html")):

        def extract(found: re.Match[str], page: Path = page) -> str:
            content = base64.b64decode(found[2])
            file = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.{found[1]}"
            file.write_bytes(content)
            return f'loading="lazy" src="{os.path.relpath(file, page.parent)}"'

        text = ICONS.sub("", page.read_text(encoding="utf-8"))
        for wrong, right in FORGOTTEN.items():
            text = text.replace(wrong, right)
        if page.name != "search.html":
            text = SEARCH.sub("", text)
        page.write_text(PICTURE.sub(extract, text), encoding="utf-8")
