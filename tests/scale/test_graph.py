"""Retraining in jobs ends in the numbers of one process, also if jobs are killed on the way."""

import os
import signal
import subprocess
import sys

import pytest
from graph_runs import finish, jobs, numbers, wait_for
from sources import ROOT

from incontext import records
from incontext.records.verify import verify

pytestmark = pytest.mark.slow
STOPPED = {"TINY_ANNOUNCE": "1", "TINY_MARK": "1", "TINY_WAIT": "1"}


def test_jobs_side_by_side_end_in_the_numbers_of_one_process(graph, unsplit):
    said = finish(graph("--cores", "2"))
    assert [said.count(f"rule {name}:") for name in ("network", "report")] == [4, 1]
    assert numbers(graph.places.results) == unsplit
    assert len(unsplit) == 4 + 2
    assert verify(graph.places.results / "reports") == []
    assert "Nothing to be done" in finish(graph("--cores", "2"))


def test_other_source_or_more_seeds_make_the_report_again_and_train_nothing_twice(graph):
    finish(graph("--cores", "2"))
    before = {path: path.stat().st_mtime_ns for path in networks(graph)}
    (graph.places.checkout / "requirements.lock").write_text("changed")
    said = finish(graph("--cores", "2"))
    assert [said.count(f"rule {name}:") for name in ("network", "report")] == [0, 1]
    said = finish(graph("--cores", "2", what={"preset": "smoke", "seeds": "0-2"}))
    assert [said.count(f"rule {name}:") for name in ("network", "report")] == [2, 1]
    assert before.items() <= {path: path.stat().st_mtime_ns for path in networks(graph)}.items()
    reports = graph.places.results / "reports"
    assert records.load("tiny", "smoke", root=reports).manifest.seeds == (0, 1, 2)


@pytest.mark.parametrize("whole", [False, True], ids=["the jobs", "jobs and graph"])
def test_what_is_killed_goes_on_where_it_was(graph, unsplit, whole, record_property):
    record_property("faults", 1)
    process = graph("--cores", "2", what={"preset": "smoke", "seeds": "0"}, **STOPPED)
    wait_for("marked", process, times=2)
    killed = jobs(process)
    assert len(killed) == 2
    if whole:
        process.kill()
    for job in killed:
        job.send_signal(signal.SIGKILL)
    said, _ = process.communicate(timeout=300)
    assert process.returncode != 0, said
    assert networks(graph) == []
    assert len(list(graph.places.results.rglob("*.unfinished"))) == 2
    finish(graph("--cores", "2", "--nolock"))
    assert numbers(graph.places.results) == unsplit
    assert list(graph.places.results.rglob("*.unfinished")) == []


def test_a_sweep_is_a_job(graph, tmp_path):
    file = tmp_path / "steps.yaml"
    file.write_text(
        "preset: smoke\nseeds: 2\npoints: [{schedule.num_steps: 10}, {schedule.num_steps: 30}]"
    )
    said = finish(graph("--cores", "2", what={"sweeps": file}))
    assert [said.count(f"rule {name}:") for name in ("network", "sweep")] == [0, 1]
    reports = graph.places.results / "reports"
    points = records.load_table("tiny", "steps", "points", root=reports)
    assert points.groupby("schedule.num_steps")["value"].count().tolist() == [4, 4]
    assert "Nothing to be done" in finish(graph("--cores", "2", what={"sweeps": file}))


def test_a_graph_of_the_book_does_not_import_jax(tmp_path):
    """Planning the book takes seconds less, and needs no device."""
    script = "import sys, snakemake.cli as cli\ntry:\n    cli.main(sys.argv[1:])\n"
    script += "finally:\n    print('jax' in sys.modules)\n"
    options = ["book", "--dry-run", "--quiet", "--snakefile", str(ROOT / "workflow" / "Snakefile")]
    command = [sys.executable, "-c", script, *options, "--directory", str(tmp_path)]
    command += ["--cores", "1", "--config", f"build={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"


COUNT = """
import jax.numpy, pathlib
jax.numpy.ones((64, 64)) @ jax.numpy.ones((64, 64))
names = [path.read_text() for path in pathlib.Path("/proc/self/task").glob("*/comm")]
print("threads", sum(name.startswith("tf_XLAEigen") for name in names))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads have their names in /proc")
def test_a_job_starts_as_many_threads_as_it_was_given(graph, tmp_path):
    (tmp_path / "count.py").write_text(COUNT)
    what = {"preset": "smoke", "command": f"{sys.executable} {tmp_path / 'count.py'}"}
    said, _ = graph("--cores", "3", what={**what, "threads": 3}).communicate(timeout=300)
    assert "threads 3" in said


def networks(graph):
    return list((graph.places.results / "networks").rglob("*.safetensors"))
