"""Processes that train one run together, each with devices of its own."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from incontext import records
from incontext.cli import joining

TINY = Path(__file__).resolve().parents[1] / "tiny_cli.py"
RUN = ("run", "tiny", "--preset", "smoke", "--seeds", "4")


def free_port():
    with socket.socket() as one:
        one.bind(("localhost", 0))
        return one.getsockname()[1]


def start(places, process, *options):
    environment = {
        **os.environ,
        "PYTHONPATH": str(TINY.parent),
        "INCONTEXT_BUILD": str(places.build),
        "JAX_PLATFORMS": "cpu",
        "JAX_NUM_CPU_DEVICES": "2",
    }
    return subprocess.Popen(
        [sys.executable, str(TINY), "--process", process, *RUN, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_with_two_devices_each_train_what_one_does(incontext, places, tmp_path):
    assert incontext(*RUN, "--out", places.out).status == 0
    address = f"localhost:{free_port()}"
    there = tmp_path / "together"
    several = [start(places, f"{index}/2@{address}", "--out", str(there)) for index in range(2)]
    said = [process.communicate(timeout=240) for process in several]
    assert [process.returncode for process in several] == [0, 0], said
    wrote = ["tiny/smoke: 4 seeds in " in out for out, _ in said]
    assert wrote == [True, False]
    together = records.load("tiny", "smoke", root=there)
    assert together.manifest.device["count"] == 4
    alone = records.load("tiny", "smoke", root=places.out)
    pd.testing.assert_frame_equal(
        together.result.tables["metrics"], alone.result.tables["metrics"], rtol=1e-4
    )


@pytest.mark.parametrize("process", ["", "0", "2/2@localhost:9911", "0/2@localhost", "a/b@c:1"])
def test_another_form_is_refused_with_an_example(incontext, process):
    answer = incontext(f"--process={process}", *RUN)
    assert answer.status == 2
    assert "such as 0/2@localhost:9911" in answer.err


@pytest.mark.parametrize(
    ("variables", "joined"),
    [
        ({}, False),
        ({"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"}, False),
        ({"SLURM_STEP_NUM_TASKS": "2"}, False),
        ({"SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2"}, True),
    ],
)
def test_several_tasks_of_srun_join_by_themselves(monkeypatch, variables, joined):
    calls = []
    monkeypatch.setattr(joining.jax.distributed, "initialize", lambda: calls.append("joined"))
    for name in ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    joining.join_srun()
    assert bool(calls) is joined
