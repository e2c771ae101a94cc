"""Faults: what is broken on purpose, counted, and where."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from record_samples import manifest, result

from incontext import records

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture
def faults(record_property):
    """Count faults: call it once for each, or with their number."""
    count = 0

    def tried(number=1):
        nonlocal count
        count += number

    yield tried
    assert count > 0, "a test of faults that tried none"
    record_property("faults", count)


@pytest.fixture
def root(tmp_path):
    """A directory with one record."""
    records.save(result(), manifest(), root=tmp_path)
    return tmp_path


@pytest.fixture
def record(root):
    """The directory of that record."""
    return root / "tiny" / "smoke"


@pytest.fixture
def command(tmp_path, tmp_path_factory):
    """Start `incontext` with the tiny experiment in a process of its own."""
    # A run in the background of a shell has ignored Ctrl-C from birth, and its children would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    places = SimpleNamespace(data=tmp_path / "data", build=tmp_path / "build")
    places.data.mkdir()
    cache = tmp_path_factory.getbasetemp() / "compiled"
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {
        **inherited,
        "PYTHONPATH": str(TESTS),
        "INCONTEXT_DATA": str(places.data),
        "INCONTEXT_BUILD": str(places.build),
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TINY_ANNOUNCE": "1",
    }

    def start(*arguments, **changes):
        variables = {**environment, **changes}
        return subprocess.Popen(
            [sys.executable, str(TESTS / "tiny_cli.py"), *arguments],
            env={name: value for name, value in variables.items() if value is not None},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
        )

    start.places = places
    return start


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB; skipped where the system lets no one mount one."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)
