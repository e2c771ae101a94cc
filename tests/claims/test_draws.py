"""No verdict of a cheap experiment hangs on which tasks are drawn to measure it."""

import pytest

from incontext import experiments
from incontext.networks.store import Store
from incontext.paths import networks_directory
from incontext.records.claims import read_ledger
from incontext.records.verdicts import judge
from incontext.tasks import fixed

DRAWS = 3


def verdicts(name, draw, monkeypatch):
    """Status of every claim at laptop on the recorded networks, and the numbers measured."""
    monkeypatch.setattr(fixed, "EVALUATION_SEED", 2_000_000_000 + draw)
    experiment = experiments.get(name)
    result = experiment.measure(experiment.presets["laptop"], Store(networks_directory()))
    found = [
        judge(claim, "laptop", result.tables["metrics"], intervals=False)
        for claim in read_ledger()
        if claim.experiment == name and "laptop" in claim.presets
    ]
    return {one.claim.id: one.status for one in found}, {
        one.claim.id: one.measured for one in found
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["single-layer", "causal-layer", "memories", "noisy-labels"])
def test_another_draw_of_tasks_gives_the_same_verdicts(name, monkeypatch):
    statuses, numbers = zip(
        *(verdicts(name, draw, monkeypatch) for draw in range(DRAWS)), strict=True
    )
    assert statuses[0]
    assert statuses[0] == statuses[1] == statuses[2]
    assert numbers[0] != numbers[1] != numbers[2]  # they were other tasks
