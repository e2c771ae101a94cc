"""The last touch on rendered pages: names the theme forgets, pictures as files, no idle scripts."""

import base64
import hashlib
import html as markup
import os
import re
from collections.abc import Callable
from pathlib import Path

from incontext.figures.vector import DARK

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
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
ABOUT = (
    "Two papers on how Transformers learn in context by gradient descent, executed: every result "
    "derived, every network trained, every figure drawn anew."
)
# Of MathJax: TeX in, HTML out, and what readers of screens ask for; three quarters are other ways.
MATHJAX = ("tex-chtml.js", "input/tex/", "output/chtml", "a11y", "sre", "ui")
# What pages and their scripts never load: maps of minified sources, icons drawn by a script or in
# a font for old browsers, all of TeX at once, formulas spoken in other languages, translations.
IDLE = re.compile(
    r".*\.(?:map|po|mo)|scripts/fontawesome\.js.*|.*/webfonts/.*\.ttf|.*/all-packages\.js"
    r"|mathjax/sre/mathmaps/(?!(?:base|en)\.).*"
)
PICTURE = re.compile(r'<picture>.*?</picture>|<img[^>]* src="data:image/[^>]*>', re.DOTALL)
INSIDE = re.compile(r'(src|srcset)="data:image/(svg|png)(?:\+xml)?;base64,([^"]+)"')


def finish(html: Path) -> None:
    """Rewrite every page below a folder.

    Pictures inside a page become files beside it, unless there is such a file to download;
    those of a figure are shown once for each theme.
    """
    drop_idle(html / "_static")
    folder = html / "_images"
    folder.mkdir(exist_ok=True)
    offered = {file.read_bytes(): file for file in (html / "figures").glob("*.svg")}
    for page in sorted(html.rglob("*.html")):

        def extract(found: re.Match[str], page: Path = page) -> str:
            content = base64.b64decode(found[3])
            file = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.{found[2]}"
            if content in offered:
                file = offered[content]
            else:
                file.write_bytes(content)
            return f'{found[1]}="{os.path.relpath(file, page.parent)}"'

        def place(found: re.Match[str], extract: Callable[..., str] = extract) -> str:
            once = INSIDE.sub(extract, found[0]).replace("<img", '<img loading="lazy"')
            return in_both_themes(once) if once.startswith("<picture>") else once

        text = ICONS.sub("", page.read_text(encoding="utf-8"))
        for wrong, right in FORGOTTEN.items():
            text = text.replace(wrong, right)
        if page.name != "search.html":
            text = SEARCH.sub("", text)
        text = text.replace("</head>", f"{head(html, page, text)}</head>", 1)
        page.write_text(PICTURE.sub(place, text), encoding="utf-8")


def in_both_themes(picture: str) -> str:
    """A picture for light pages, and the same files with light ink for dark ones."""
    light, dark = (
        picture.replace("<img", f'<img class="only-{theme}"') for theme in ("light", DARK)
    )
    return light + dark.replace('.svg"', f'.svg#{DARK}"')


def drop_idle(static: Path) -> None:
    """Remove what no page loads."""
    for file in [one for one in static.rglob("*") if one.is_file()]:
        name = file.relative_to(static).as_posix()
        of_mathjax = name.removeprefix("mathjax/")
        unused = of_mathjax != name and not of_mathjax.startswith(MATHJAX)
        if unused or IDLE.fullmatch(name):
            file.unlink()


def head(html: Path, page: Path, text: str) -> str:
    """What a browser's tab and a shared link show: an icon, a title, a sentence, a picture."""
    static = os.path.relpath(html / "_static", page.parent)
    found = TITLE.search(text)
    title = " ".join(markup.unescape(found[1]).split()) if found else ""
    facts = {"og:type": "website", "og:title": title, "og:description": ABOUT}
    if (html / "_static" / "preview.png").is_file():
        facts["og:image"] = f"{static}/preview.png"
    tags = [
        f'<meta property="{name}" content="{markup.escape(content, quote=True)}">'
        for name, content in facts.items()
    ]
    if (html / "_static" / "favicon.svg").is_file():
        tags.append(f'<link rel="icon" type="image/svg+xml" href="{static}/favicon.svg">')
    return "\n".join(tags)
