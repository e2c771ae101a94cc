"""The pictures that the front pages show are drawn from what is recorded."""

import subprocess
import sys

from sources import ROOT


def test_front_page_pictures_are_those_of_the_record(tmp_path):
    subprocess.run(
        [sys.executable, ROOT / "workflow" / "draw_images.py", tmp_path], check=True, cwd=ROOT
    )
    drawn = sorted(path.name for path in tmp_path.iterdir())
    assert drawn == sorted(path.name for path in (ROOT / "images").iterdir())
    for name in drawn:
        assert (tmp_path / name).read_bytes() == (ROOT / "images" / name).read_bytes(), name
