"""The profile for SLURM against a real controller and a real node, on this machine."""

import pytest
import slurm_node
from graph_runs import finish, numbers

pytestmark = pytest.mark.slow
SOON = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")
JOBS = 5  # four networks and a report


@pytest.fixture
def cluster():
    """A cluster of one node; skipped where it cannot be started."""
    reason = slurm_node.why_not()
    if reason:
        pytest.skip(f"no SLURM cluster can be started here: {reason}")
    with slurm_node.cluster() as place:
        yield place


def test_jobs_of_a_cluster_end_in_the_numbers_of_one_process(cluster, graph, unsplit):
    said = finish(graph(*SOON, "--latency-wait", "20", profile="slurm"))
    assert said.count("has been submitted with SLURM jobid") == JOBS
    assert numbers(graph.places.results) == unsplit
    ran = (cluster / "slurmctld.log").read_text()
    assert ran.count("WEXITSTATUS 0") == JOBS
