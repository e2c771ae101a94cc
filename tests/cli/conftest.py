"""The command in this process, with the tiny experiment alone and directories of its own."""

import os
import shutil
from types import SimpleNamespace
from unittest import mock

import jax
import pytest

from incontext import experiments
from incontext.cli import main

TINY = {"tiny": "tiny_experiment"}


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """What one training has compiled the next ones read."""
    settings = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        jax.config.update(name, value)
    yield
    jax.config.update("jax_compilation_cache_dir", None)


@pytest.fixture
def places(tmp_path, monkeypatch, compiled):
    """Data and build directories of this test; the tiny experiment is the only one."""
    found = SimpleNamespace(data=tmp_path / "data", build=tmp_path / "build", out=tmp_path / "out")
    found.data.mkdir()
    found.reports, found.networks = found.data / "reports", found.data / "networks"
    monkeypatch.setenv("INCONTEXT_DATA", str(found.data))
    monkeypatch.setenv("INCONTEXT_BUILD", str(found.build))
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.setattr(experiments, "MODULES", TINY)
    return found


@pytest.fixture
def incontext(places, capsys):
    """Call the command; returns status, standard output, standard error."""

    def call(*arguments):
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return SimpleNamespace(status=status, out=captured.out, err=captured.err)

    return call


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory, compiled):
    """A data directory with the tiny experiment at every preset, made once by the command."""
    root = tmp_path_factory.mktemp("tiny")
    places = {"INCONTEXT_DATA": str(root / "data"), "INCONTEXT_BUILD": str(root / "build")}
    with (
        mock.patch.dict(os.environ, {**places, "XLA_FLAGS": ""}),
        mock.patch.object(experiments, "MODULES", TINY),
    ):
        for preset, seeds in (("smoke", "2"), ("laptop", "1"), ("paper", "1")):
            assert main(["run", "tiny", "--preset", preset, "--seeds", seeds, "--record"]) == 0
    return root / "data"


@pytest.fixture
def recorded(places, tiny_data):
    """Everything is recorded in the data directory of this test; the report of tiny/smoke."""
    shutil.copytree(tiny_data, places.data, dirs_exist_ok=True)
    return places.reports / "tiny" / "smoke"
