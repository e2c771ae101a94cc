"""What the graph cuts training into, and what a job is given."""

import os
import subprocess
import sys
from pathlib import Path

import job
import pytest
from configurations import Settings
from sources import ROOT

SWEEP = ROOT / "sweeps" / "context-by-dimension.yaml"


@pytest.mark.parametrize(
    ("seeds", "block", "expected"),
    [
        (4, 2, ["0-1", "2-3"]),
        (5, 2, ["0-1", "2-3", "4-4"]),
        (3, 1, ["0-0", "1-1", "2-2"]),
        (4, 4, []),
        (1, 10, []),
    ],
)
def test_seeds_are_cut_into_blocks_if_one_is_not_enough(seeds, block, expected):
    assert Settings.read({"block": block}).blocks(seeds) == expected


def test_without_settings_everything_is_trained_as_its_preset_says():
    settings = Settings.read({})
    (one,) = settings.configurations("softmax")
    assert (one.name, one.num_seeds) == ("laptop", 3)
    assert "mesa" in settings.experiments
    assert settings.options(one.name, one.num_seeds) == ["--preset", "laptop", "--seeds", "3"]


def test_the_points_of_a_sweep_are_configurations():
    settings = Settings.read({"sweep": str(SWEEP), "experiments": "single-layer"})
    points = settings.configurations("single-layer")
    assert len(points) == 9
    assert {point.num_seeds for point in points} == {3}
    label = points[4].name.partition(".")[2]
    options = settings.options(points[4].name, 3)
    assert options == ["--sweep", f"{SWEEP}@{label}"]


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"block": 0}, "block is '0'; it must be a whole number from 1, as in block=5"),
        ({"seeds": "many"}, "seeds is 'many'; it must be a whole number from 1, as in seeds=5"),
        ({"sweep": "x.yaml"}, "a sweep needs one, as in experiments=sine"),
        ({"sweep": "x.yaml", "experiments": "sine", "seeds": 3}, "a sweep has its own, change"),
    ],
)
def test_settings_at_fault_are_refused_in_one_sentence(config, sentence):
    with pytest.raises(ValueError, match=sentence):
        Settings.read(config)


def test_a_job_keeps_what_its_caller_has_chosen_but_for_its_own():
    chosen = {"JAX_COMPILATION_CACHE_DIR": "mine", "NPROC": "64", "HOME": "home"}
    variables = job.environment(3, Path("work"), Path("compiled"), chosen)
    assert variables["JAX_COMPILATION_CACHE_DIR"] == "mine"
    assert variables["HOME"] == "home"
    assert {variables[name] for name in job.THREADS} == {"3"}
    assert variables["INCONTEXT_BUILD"] == "work"
    cache = job.environment(3, Path("work"), Path("compiled"), {})["JAX_COMPILATION_CACHE_DIR"]
    assert cache == f"compiled/{job.processor()}"


COUNT = """
import jax.numpy, pathlib
jax.numpy.ones((64, 64)) @ jax.numpy.ones((64, 64))
names = [path.read_text() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
print(sum(name.startswith("tf_XLAEigen") for name in names))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have their names in /proc")
@pytest.mark.parametrize("threads", [1, 3])
def test_xla_starts_as_many_threads_as_the_job_has(tmp_path, threads):
    script = [sys.executable, str(ROOT / "workflow" / "job.py"), "--threads", str(threads)]
    places = ["--work", str(tmp_path / "work"), "--compiled", str(tmp_path / "compiled")]
    command = [*script, *places, "--", sys.executable, "-c", COUNT]
    variables = os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert int(done.stdout) == threads


def test_a_preset_that_no_experiment_has_is_named():
    with pytest.raises(ValueError, match="preset is 'foo'; choose from smoke, laptop, paper"):
        Settings.read({"preset": "foo"}).configurations("sine")
