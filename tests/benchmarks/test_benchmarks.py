"""The benchmarks: their arithmetic, what is kept, what is refused, and that they run."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest
from sources import ROOT

from benchmarks import __main__ as command
from benchmarks import harness, processes, training, usual_loop
from benchmarks.harness import Benchmark

PROVENANCE = {"cpu", "device", "versions", "commit", "measured"}


def test_turns_alternate_and_the_first_round_is_dropped():
    calls = []

    def turn(name):
        calls.append(name)
        return float(len(calls))

    found = harness.take_turns({"a": lambda: turn("a"), "b": lambda: turn("b")}, 2)
    assert calls == ["a", "b"] * 3
    assert found == {"a": [3.0, 5.0], "b": [4.0, 6.0]}


def test_a_spread_is_median_and_quartiles_and_a_ratio_goes_turn_by_turn():
    assert harness.told([5.0, 1.0, 3.0, 2.0, 4.0]) == {"median": 3.0, "low": 1.5, "high": 4.5}
    assert harness.told([2.0, 1.0]) == {"median": 1.5, "low": 1.0, "high": 2.0}
    assert harness.ratio([2.0, 30.0, 70.0], [1.0, 10.0, 10.0]) == 3.0


def test_parts_are_kept_side_by_side_with_their_machine(tmp_path):
    parts = {"a": lambda size: [{"x": 1}], "b": lambda size: [{"x": size.turns}]}
    made = Benchmark("tiny", "two parts", parts)
    for part in ("b", "a"):
        harness.measure(made, part, harness.SMOKE, tmp_path)
    kept = harness.load("tiny", tmp_path)
    assert list(kept) == ["a", "b"]
    assert kept["b"]["rows"] == [{"x": harness.SMOKE.turns}]
    assert PROVENANCE | {"load before", "load after"} <= kept["a"]["machine"].keys()
    harness.measure(made, "b", harness.FULL, tmp_path)
    assert [part["size"] for part in harness.load("tiny", tmp_path).values()] == ["smoke", "full"]


@pytest.mark.parametrize("name", command.BENCHMARKS)
def test_every_committed_result_is_of_a_part_and_says_where_it_is_from(name):
    kept = harness.load(name)
    assert kept.keys() <= command.BENCHMARKS[name].parts.keys()
    for part in kept.values():
        assert part["size"] == "full"
        assert part["machine"].keys() >= PROVENANCE
        assert part["rows"]
        assert part["numbers"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spped"], "there is no benchmark 'spped'; choose from training, mesa, memory, startup."),
        (["training.9"], "training has no part '9'; choose from depths, two-devices."),
        (["--turns", "0", "mesa"], "--turns is 0; it must be at least 1."),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(monkeypatch, arguments, said):
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    with pytest.raises(SystemExit) as refused:
        command.main()
    assert refused.value.code == f"benchmarks: {said}"


def test_the_list_names_every_benchmark_and_part(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--list", "--out", str(tmp_path)])
    command.main()
    assert {one.name for one, _ in command.chosen([])} == command.BENCHMARKS.keys()
    printed = capsys.readouterr().out.splitlines()
    for name, one in command.BENCHMARKS.items():
        assert f"{name}: {one.about}" in printed
        assert {f"    {name}.{part}: not measured yet" for part in one.parts} <= set(printed)


@pytest.mark.parametrize(("num_layers", "scale"), [(2, 20), (5, 10), (5, 15)])  # the last clips
def test_ours_and_the_usual_loop_compute_the_same_network(num_layers, scale):
    one = training.training(num_layers, 3)
    batch = one.problem().sample(jax.random.key(0))
    small = one.function().init(jax.random.key(1))
    params = jax.tree.map(lambda leaf: scale * leaf, small)
    usual = [{name: layer[name][0] for name in usual_loop.MATRICES} for layer in params.values()]
    bound = one.network.token_clip
    found = [usual_loop.predict(usual, prompt, bound) for prompt in one.layout(batch)]
    assert max(np.abs(found)) > 0.1
    expected = one.function().predict(params, batch)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-4)  # float32, other order of products


def test_the_peak_of_a_process_is_its_own_and_a_failure_is_told():
    program = "held = bytearray(300_000_000); print(len(held))"
    held, took = processes.peak_of([sys.executable, "-c", program], {})
    assert 300e6 < held < 600e6
    assert took > 0
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        processes.peak_of([sys.executable, "-c", "1 / 0"], {})


def test_marks_are_seen_on_the_terminal_and_missing_ones_named():
    lines = "import time; print('loading'); time.sleep(0.2); print('0/3'); print('1/3')"
    patient = f"{lines}; time.sleep(60)"
    found = processes.seen_after([sys.executable, "-uc", patient], {})
    assert list(found) == ["first progress line", "first bar", "first steps"]
    assert found["first progress line"] + 0.15 < found["first bar"] <= found["first steps"] < 30
    with pytest.raises(ValueError, match="never showed first bar, first steps"):
        processes.seen_after([sys.executable, "-c", "print('loading')"], {})


@pytest.mark.slow
def test_what_needs_no_other_process_runs_at_tiny_sizes(tmp_path):
    names = ["training.depths", "mesa"]
    run = [sys.executable, "-m", "benchmarks", "--smoke", "--out", str(tmp_path), *names]
    subprocess.run(run, cwd=ROOT, check=True, capture_output=True, timeout=600)
    (step,) = json.loads((tmp_path / "training.json").read_text())["parts"]["depths"]["rows"]
    assert step["times faster"] > 0
    parts = json.loads((tmp_path / "mesa.json").read_text())["parts"]
    rows = parts["positions"]["rows"]
    assert len(rows) == 2 * 7
    assert [row["times linear"] for row in rows if "in chunks" in row["layer"]] == [1.0, 1.0]
    chunks = [row["layer"] for row in parts["chunks"]["rows"] if row["times recursive"] > 0]
    assert chunks == ["mesa, recursive", "linear attention, in chunks",
                      *(f"mesa, chunks of {chunk}" for chunk in (4, 8, 16, 32))]  # fmt: skip
