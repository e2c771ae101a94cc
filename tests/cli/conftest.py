"""The command in this process, with the tiny experiment and directories of its own."""

import os
import shutil
from types import SimpleNamespace
from unittest import mock

import pytest

from incontext import experiments
from incontext.cli import main


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Data and build directories of this test; the tiny experiment is registered."""
    found = SimpleNamespace(data=tmp_path / "data", build=tmp_path / "build", out=tmp_path / "out")
    found.data.mkdir()
    monkeypatch.setenv("INCONTEXT_DATA", str(found.data))
    monkeypatch.setenv("INCONTEXT_BUILD", str(found.build))
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.setitem(experiments.MODULES, "tiny", "tiny_experiment")
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
def tiny_data(tmp_path_factory):
    """A data directory that holds tiny/smoke, recorded once by the command."""
    root = tmp_path_factory.mktemp("tiny")
    places = {"INCONTEXT_DATA": str(root / "data"), "INCONTEXT_BUILD": str(root / "build")}
    with (
        mock.patch.dict(os.environ, {**places, "XLA_FLAGS": ""}),
        mock.patch.dict(experiments.MODULES, {"tiny": "tiny_experiment"}),
    ):
        assert main(["run", "tiny", "--preset", "smoke", "--record"]) == 0
    return root / "data"


@pytest.fixture
def recorded(places, tiny_data):
    """tiny/smoke is recorded in the data directory of this test."""
    shutil.copytree(tiny_data, places.data, dirs_exist_ok=True)
    return places.data / "tiny" / "smoke"
