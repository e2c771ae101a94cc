"""The graph of retrained results with the tiny experiment, in processes of its own."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from graph_runs import files

TESTS = Path(__file__).resolve().parents[1]
WORKFLOW = TESTS.parent / "workflow"
RUN = (sys.executable, str(TESTS / "tiny_cli.py"))
SEEDS = 4
WHAT = {"preset": "smoke", "seeds": SEEDS, "block": 2}


@pytest.fixture
def environment(tmp_path_factory):
    """Variables of every process: what one has compiled the next one reads."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return inherited | {
        "PYTHONPATH": str(TESTS),
        "JAX_PLATFORMS": "cpu",
        "JAX_COMPILATION_CACHE_DIR": str(tmp_path_factory.getbasetemp() / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


@pytest.fixture
def graph(tmp_path, environment):
    """Start the graph: two blocks of two seeds of the tiny experiment, gathered."""
    build = tmp_path / "a build"

    def start(*options, profile="local", what=WHAT, **variables):
        settings = {"build": build, "experiments": "tiny", "threads": 1, "memory": 1000}
        settings |= {"command": " ".join(RUN), **what}
        command = [sys.executable, str(TESTS / "tiny_graph.py"), "results"]
        command += ["--snakefile", str(WORKFLOW / "Snakefile"), "--directory", str(tmp_path)]
        command += ["--profile", str(WORKFLOW / "profiles" / profile), *options]
        command += ["--config", *(f"{name}={value}" for name, value in settings.items())]
        return subprocess.Popen(
            command,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=tmp_path,
        )

    start.places = SimpleNamespace(build=build, results=build / "results", work=build / "work")
    return start


@pytest.fixture
def unsplit(tmp_path, environment):
    """The files of the same run in one process."""
    out = tmp_path / "unsplit"
    command = [*RUN, "run", "tiny", "--preset", "smoke", "--seeds", str(SEEDS), "--out", str(out)]
    variables = environment | {"INCONTEXT_BUILD": str(tmp_path / "alone")}
    subprocess.run(command, env=variables, check=True, capture_output=True)
    return files(out)
