"""The graph of retrained results with the tiny experiment, in processes of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from graph_runs import numbers
from sources import ROOT

TESTS = ROOT / "tests"
RUN = (sys.executable, str(TESTS / "tiny_cli.py"))
KNOWN = "from incontext import experiments\nexperiments.MODULES['tiny'] = 'tiny_experiment'\n"
WHAT = {"preset": "smoke", "seeds": "0-1"}


@pytest.fixture
def environment(tmp_path_factory):
    """Variables of every process: all know the tiny experiment, and share what is compiled."""
    site = tmp_path_factory.mktemp("site")
    (site / "sitecustomize.py").write_text(KNOWN)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return inherited | {
        "PYTHONPATH": f"{site}:{TESTS}",
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.getbasetemp() / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


@pytest.fixture
def graph(tmp_path, environment):
    """Start the graph of a copy of the workflow: two networks of two seeds each, and a report."""
    build, copy = tmp_path / "a build", tmp_path / "checkout" / "workflow"
    shutil.copytree(ROOT / "workflow", copy)
    (copy.parent / "requirements.lock").write_text("")

    def start(*options, profile="local", what=WHAT, **variables):
        settings = {"build": build, "experiments": "tiny", "threads": 1, "memory": 1000}
        settings |= {"command": " ".join(RUN), **what}
        command = [sys.executable, "-m", "snakemake", "results"]
        command += ["--snakefile", str(copy / "Snakefile"), "--directory", str(tmp_path)]
        command += ["--profile", str(copy / "profiles" / profile), *options]
        command += ["--config", *(f"{name}={value}" for name, value in settings.items())]
        return subprocess.Popen(
            command,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
        )

    start.places = SimpleNamespace(results=build / "results", checkout=copy.parent)
    return start


@pytest.fixture
def unsplit(tmp_path, environment):
    """What the same run in one process wrote."""
    out = tmp_path / "unsplit"
    command = [*RUN, "run", "tiny", "--preset", "smoke", "--seeds", "2", "--out", str(out)]
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=Path(tmp_path))
    return numbers(out)
