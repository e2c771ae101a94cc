"""Benchmarks by name: what is kept, what is refused, what is rehearsed without a GPU."""

import subprocess
import sys

import pytest
from chapter_texts import write_book
from sources import ROOT

from benchmarks import catalogue, chapters, gpu, harness, trainings
from benchmarks.harness import Benchmark
from incontext import experiments
from incontext.training.workspace import Workspace


def run(*arguments):
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)


def test_parts_are_kept_side_by_side_with_their_machine(tmp_path):
    made = Benchmark(
        "tiny", "two parts", {"a": lambda size: [{"x": 1}], "b": lambda size: [{"x": size.turns}]}
    )
    for part in ("b", "a"):
        harness.measure(made, part, harness.SMOKE, tmp_path)
    kept = harness.load("tiny", tmp_path)
    assert list(kept) == ["a", "b"]
    assert kept["b"]["rows"] == [{"x": 2}]
    assert kept["b"]["size"] == "smoke"
    machine = kept["a"]["machine"]
    assert {"cpu", "device", "versions", "commit", "measured", "load before"} <= machine.keys()
    harness.measure(made, "b", harness.FULL, tmp_path)
    assert [part["size"] for part in harness.load("tiny", tmp_path).values()] == ["smoke", "full"]


def test_names_choose_benchmarks_and_parts():
    unasked = {one.name for one, _ in catalogue.chosen([])}
    assert unasked == {name for name in catalogue.BENCHMARKS if name not in ("gpu", "chapters")}
    ((found, part),) = catalogue.chosen(["scaling.layers"])
    assert (found.name, part) == ("scaling", "layers")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spped"], "there is no benchmark 'spped'; choose from training"),
        (["search.9-steps"], "search has no part '9-steps'; choose from 1-step"),
        (["--turns", "0", "search"], "--turns is 0; it must be at least 1"),
        (["gpu.limits"], "the device is a cpu, and this measures a GPU"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_line(arguments, said):
    finished = run(*arguments)
    assert finished.returncode == 1
    assert said in finished.stderr.strip().splitlines()[-1]


def test_the_list_names_every_benchmark_and_part():
    printed = run("--list").stdout
    for name, one in catalogue.BENCHMARKS.items():
        assert f"{name}: {one.about}" in printed
        assert ", ".join(one.parts) in printed


def test_every_committed_result_is_readable_and_says_where_it_is_from():
    for name in catalogue.BENCHMARKS:
        for part in harness.load(name).values():
            assert part["size"] == "full"
            assert {"cpu", "device", "versions", "measured", "commit"} <= part["machine"].keys()
            assert part["rows"]


class Noting:
    """Progress that notes names and lengths of the stages that are trained."""

    def __init__(self):
        self.stages = []

    def stage(self, description, total):
        self.stages.append((description, total))
        return Workspace().progress.stage(description, total)


def test_the_trainings_that_are_costed_are_those_that_are_run():
    name = "gdpp-depth"  # trainings of networks and of algorithms
    found = experiments.get(name)
    noting = Noting()
    workspace = Workspace(progress=noting)
    found.train(found.presets["smoke"], seeds=range(2), workspace=workspace)
    costed = trainings.of(name, "smoke")
    assert [(one.name, one.num_steps) for one in costed] == noting.stages


# The first two call the loop themselves; the last cuts one training out of another.
@pytest.mark.parametrize(
    ("name", "preset"), [("sine", "smoke"), ("deep-linear", "smoke"), ("dataset-building", "paper")]
)
def test_every_experiment_has_trainings_to_cost(name, preset):
    costed = trainings.of(name, preset)
    assert len({one.name for one in costed}) == len(costed) > 0
    assert all(one.num_evaluations >= 2 for one in costed)


@pytest.mark.slow
def test_the_gpu_benchmark_is_rehearsed_here(tmp_path):
    """Every part of it runs at smoke size, on whatever device there is."""
    finished = run("--smoke", "--out", str(tmp_path), "gpu")
    assert finished.returncode == 0, finished.stderr
    kept = harness.load("gpu", tmp_path)
    assert list(kept) == list(gpu.BENCHMARK.parts)
    assert {row["seeds"] for row in kept["steps"]["rows"]} == {1, 2}
    (row,) = kept["precision"]["rows"]
    assert row["relative difference of the loss"] == 0  # a CPU has no TF32
    assert [row["cache"] for row in kept["cache"]["rows"]] == ["empty", "filled"]


@pytest.mark.slow
@pytest.mark.book
def test_fresh_chapters_are_rehearsed_here(tmp_path):
    book = write_book(tmp_path / "book", "assert fresh\nprint(preset)")
    (row,) = chapters.execute(book, "smoke", tmp_path / "build")
    assert (row["chapter"], row["preset"], row["fresh"]) == ("01_tiny", "smoke", True)
    book = write_book(tmp_path / "other", "1 / 0")
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        chapters.execute(book, "smoke", tmp_path / "build")
