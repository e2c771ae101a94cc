"""Runs tests/float64 in a process where JAX computes in float64."""

import os
import pathlib
import subprocess
import sys

import pytest

DIRECTORY = pathlib.Path(__file__).parent / "float64"


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("test_*.py")), ids=lambda path: path.stem)
def test_float64(path):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:xdist",
            "-p",
            "no:cacheprovider",
            str(path),
        ],
        env=os.environ | {"JAX_ENABLE_X64": "1", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"},
        cwd=DIRECTORY.parents[1],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
