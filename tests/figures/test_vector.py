"""A small SVG shows what Matplotlib drew, and takes the ink of the page."""

import io
import re
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext.figures import styled
from incontext.figures.style import COLOURS, INK
from incontext.figures.vector import DARK, lean

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture(scope="module")
def pair():
    """A figure with all that figures have, as Matplotlib writes it and as it becomes."""
    with styled():
        figure, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
        left.plot([0, 1, 3], [0.123456, 1e-7, 2], "o-", color=COLOURS["mesa"], label="mesa MLQz")
        left.set(title="loss at $10^{-3}$", xlabel="steps read", yscale="symlog")
        left.legend()
        right.imshow(np.eye(3), cmap="RdBu_r")
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Title": "a > title"})
        plt.close(figure)
    drawn = file.getvalue()
    return drawn.decode(), lean(drawn).decode()


def numbers(path):
    """Those of a path, in their order."""
    return np.array(re.findall(r"-?\d+\.?\d*", path.get("d")), float)


def test_every_line_is_where_it_was_and_every_name_leads_somewhere(pair):
    before, after = (ET.fromstring(one) for one in pair)
    paths = [[p for p in one.iter(f"{SVG}path") if p.get("d")] for one in (before, after)]
    assert len(paths[0]) == len(paths[1]) > 40
    for old, new in zip(*paths, strict=True):
        assert re.findall("[A-Za-z]", old.get("d")) == re.findall("[A-Za-z]", new.get("d"))
        glyph = "0.015625" in (old.get("transform") or "")
        unit, off = (16, 0.5) if glyph else (1, 0.0501)
        np.testing.assert_allclose(numbers(new) * unit, numbers(old), rtol=0, atol=off * unit)
    names = {one.get("id") for one in after.iter() if one.get("id")}
    used = re.findall(r'(?:href="|url\()#([\w-]+)', pair[1])
    assert set(used) | {DARK} == names
    uses = [list(one.iter(f"{SVG}use")) for one in (before, after)]
    assert len(uses[0]) == len(uses[1])
    moved = [re.search(r"translate\(([\d.]+) 0\)$", one.get("transform") or "") for one in uses[0]]
    places = [
        float(old.get("x") or (by and by[1]) or 0) for old, by in zip(uses[0], moved, strict=True)
    ]
    assert [float(new.get("x", 0)) for new in uses[1]] == pytest.approx(places, abs=0.0501)


def test_looks_and_pictures_are_kept(pair):
    before, after = (ET.fromstring(one) for one in pair)
    rules = dict(re.findall(r"\.(s\w+)\{([^}]*)\}", pair[1]))
    old = [one.attrib["style"] for one in before.iter() if "style" in one.attrib]
    new = [rules[one.attrib["class"]] for one in after.iter() if "class" in one.attrib]
    ink = INK["light"].lower()
    assert new == [re.sub("([:;]) ", r"\1", one.replace(ink, "currentColor")) for one in old]
    (old_image,), (new_image,) = (list(one.iter(f"{SVG}image")) for one in (before, after))
    assert re.sub(r"\s", "", old_image.get(HREF, "")) == new_image.get("href")
    assert "a &gt; title" in pair[1]


def test_it_is_small_and_takes_the_ink_of_a_dark_page(pair):
    before, after = pair
    assert len(after) < 0.6 * len(before)
    assert INK["light"].lower() in before
    assert INK["light"].lower() not in after
    assert f"svg:target{{color:{INK['dark']}}}" in after
    assert after.startswith(f'<svg id="{DARK}" ')
