"""Retraining in jobs ends in the numbers of one process, also if jobs are killed on the way."""

import signal

import pytest
from graph_runs import files, finish, jobs, wait_for

from incontext import records
from incontext.records.verify import verify

STOPPED = {"TINY_ANNOUNCE": "1", "TINY_MARK": "1", "TINY_WAIT": "1"}


def test_jobs_side_by_side_end_in_the_numbers_of_one_process(graph, unsplit):
    said = finish(graph("--cores", "2"))
    assert said.count("rule block:") == 2
    assert files(graph.places.results) == unsplit
    assert verify(graph.places.results) == []
    again = finish(graph("--cores", "2"))
    assert "Nothing to be done" in again


@pytest.mark.parametrize("whole", [False, True], ids=["the jobs", "jobs and graph"])
def test_what_is_killed_goes_on_where_it_was(graph, unsplit, whole):
    process = graph("--cores", "2", **STOPPED)
    wait_for("marked", process, times=2)
    killed = jobs(process)
    assert len(killed) == 2
    if whole:
        process.kill()
    for job in killed:
        job.send_signal(signal.SIGKILL)
    said, _ = process.communicate(timeout=300)
    assert process.returncode != 0, said
    kept = {path.relative_to(graph.places.work).parts[-2] for path in checkpoints(graph)}
    assert kept == {"0-1", "2-3"}
    assert not graph.places.results.exists()
    finish(graph("--cores", "2", "--nolock"))
    assert files(graph.places.results) == unsplit


def test_every_point_of_a_sweep_is_a_job(graph, tmp_path):
    file = tmp_path / "steps.yaml"
    file.write_text("preset: smoke\nseeds: 2\npoints: [{num_steps: 10}, {num_steps: 30}]")
    what = {"sweep": file, "block": 1}
    said = finish(graph("--cores", "2", what=what))
    assert [said.count(f"rule {name}:") for name in ("block", "result", "sweep")] == [4, 2, 1]
    points = records.load_table("tiny", "steps", "points", root=graph.places.results)
    assert points.groupby("num_steps")["value"].count().tolist() == [4, 4]
    assert "Nothing to be done" in finish(graph("--cores", "2", what=what))


def checkpoints(graph):
    return list(graph.places.work.rglob("*.safetensors"))
