"""A drawn figure as one small SVG for light and for dark pages.

Matplotlib writes six decimals, a name for every group, a transform for every letter and a style for
every mark; an eye needs none of it.  Ink becomes the document's own colour, which is light where
the picture is asked for as `file.svg#dark`.
"""

import re

from incontext.figures.style import INK

DARK = "dark"  # fragment of a picture's address on a dark page

_BEFORE = re.compile(r"^.*?(?=<svg )|<!--.*?-->", re.DOTALL)
_METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_RASTER = re.compile(r'(?<=base64,)[^"]*')
_PLACES = re.compile(r' (?:d|x|y|width|height|viewBox)="[^"]*"|translate\([^)]*\)')
_NUMBER = re.compile(r"-?\d+\.\d+")
_GLYPH = re.compile(r' d="([^"]*)" transform="scale\(0\.015625\)"')
_PATH = re.compile(r' d="([^"]*)"')
_AROUND = re.compile(r" ?([A-Za-z]) ?")
_STYLE = re.compile(r' style="([^"]*)"')
_LETTER = re.compile(r' transform="translate\(([-\d.]+) 0\)"/>')  # of a word
_NAME = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?<=")#([^"]*)|(?<=url\()#([^)]*)')
_GROUP = re.compile(r"<g\b[^>]*(?<!/)>|</g>")


def lean(svg: bytes) -> bytes:
    """A picture by Matplotlib, at less than half its size, exact to a tenth of a point."""
    text = _BEFORE.sub("", svg.decode()).replace("xlink:href", "href")
    metadata = _METADATA.search(text)
    rasters = iter([re.sub(r"\s", "", found) for found in _RASTER.findall(text)])
    text = re.sub(r"\s*\n\s*", " ", _RASTER.sub("", _METADATA.sub("", text)))
    text = re.sub(r"> <", "><", text).replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = _PLACES.sub(lambda place: _NUMBER.sub(_rounded, place[0]), text)
    text = _GLYPH.sub(_coarser, text)
    text = _PATH.sub(lambda path: f' d="{_AROUND.sub(r"\1", path[1])}"', text)
    text = _ungrouped(_renamed(_LETTER.sub(r' x="\1"/>', text)))
    text = text.replace(INK["light"].lower(), "currentColor")
    ink = f"svg{{color:{INK['light']}}}svg:target{{color:{INK['dark']}}}"
    text, classes = _classed(text)
    text = _RASTER.sub(lambda _: next(rasters), text)
    start = f'<svg id="{DARK}" ' + text.removeprefix("<svg ")
    said = metadata[0] if metadata else ""
    return start.replace(">", f">{said}<style>{ink}{classes}</style>", 1).encode()


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def _coarser(glyph: re.Match[str]) -> str:
    """The outline of a letter in units of a 256th of its size instead of a 4096th."""
    outline = re.sub(r"-?[\d.]+", lambda one: f"{float(one[0]) / 16:.0f}", glyph[1])
    return f' d="{outline}" transform="scale(0.25)"'


def _renamed(text: str) -> str:
    """Short names for what is used elsewhere in the document, none for the rest."""
    used = dict.fromkeys(first or second for first, second in _USED.findall(text))
    short = {name: f"_{number:x}" for number, name in enumerate(used)}
    text = _NAME.sub(lambda one: f' id="{short[one[1]]}"' if one[1] in short else "", text)
    return _USED.sub(lambda one: f"#{short[one[1] or one[2]]}", text)


def _ungrouped(text: str) -> str:
    """The drawing without groups that say nothing."""
    idle: list[bool] = []

    def keep(tag: re.Match[str]) -> str:
        if tag[0] == "</g>":
            return "" if idle.pop() else tag[0]
        idle.append(tag[0] == "<g>")
        return "" if idle[-1] else tag[0]

    return _GROUP.sub(keep, text)


def _classed(text: str) -> tuple[str, str]:
    """Every style that occurs, once, and the drawing in which elements name theirs."""
    styles = dict.fromkeys(_STYLE.findall(text))
    names = {style: f"s{number:x}" for number, style in enumerate(styles)}
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    rules = re.sub("([:;]) ", r"\1", rules)
    return _STYLE.sub(lambda one: f' class="{names[one[1]]}"', text), rules
