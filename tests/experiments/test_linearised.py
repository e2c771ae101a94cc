"""Softmax layers replaced by linear ones: a smoke run, and what is measured on it."""

import dataclasses

import jax.numpy as jnp
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.experiments.linearised.claims import normalised
from incontext.experiments.linearised.config import PRESETS
from incontext.experiments.linearised.panels import WHOLE
from incontext.models import sequence
from incontext.networks.recorder import train_in_memory
from incontext.networks.training import half_squared_error
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.fixed import fixed_batch

EXPERIMENT = experiments.get("linearised")
SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def ran():
    wanted = EXPERIMENT.wanted(SMOKE, (0, 1))
    networks = train_in_memory(wanted)
    roles = {role: networks[one.training] for role, one in EXPERIMENT.trainings(SMOKE).items()}
    return networks, EXPERIMENT.report(SMOKE, roles)


def without_numbers(names):
    """At smoke there are other dimensions and depths."""
    return {"".join(letter for letter in name if not letter.isdigit()) for name in names}


def test_every_claimed_number_has_its_kind_measured_and_can_be_recorded(ran):
    _, result = ran
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    assert claimed
    assert without_numbers(claimed) <= without_numbers(result.tables["metrics"]["metric"])
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0


def test_the_figure_is_drawn(ran):
    for theme in ("light", "dark"):
        with figures.styled(theme):
            figure = figures.get("B5A").draw(ran[1])
            figure.canvas.draw()
            plt.close(figure)


def test_layer_zero_is_the_loss_of_the_whole_network(ran):
    networks, result = ran
    table = result.tables["losses"]
    assert len(table) == 2 * (1 + 2)  # dimensions, the whole and two layers; one seed of each
    one = SMOKE.distillations[1]
    batch = fixed_batch(one.task, SMOKE.test_size, 1)
    params = {k: {n: x[0] for n, x in v.items()} for k, v in networks[one.reader].params.items()}
    found = sequence.build(one.shape, 3).apply(params, batch.inputs)
    loss = float(jnp.mean(half_squared_error(found, batch.targets)))
    whole = table[(table["layer"] == WHOLE) & (table["state_dim"] == 3)]["loss"].item()
    assert whole == pytest.approx(loss, rel=1e-5)


def test_losses_are_divided_by_that_of_the_same_network():
    rows = [(4, 0, 0, 2.0), (4, 0, 1, 6.0), (4, 0, 2, 3.0), (6, 0, 0, 1.0), (6, 0, 1, 1.5),
            (6, 0, 2, 1.25)]  # fmt: skip
    table = normalised(pd.DataFrame(rows, columns=["state_dim", "seed", "layer", "loss"]))
    assert table.loc[4, 0].tolist() == [3.0, 1.5]
    assert table.loc[6, 0].tolist() == [1.5, 1.25]


def test_reduced_has_the_published_sizes():
    for one, size in zip(PRESETS["reduced"].distillations, (4, 6, 10), strict=True):
        assert (one.task.state_dim, one.task.length) == (size, 4 * size)
        assert (one.shape.embedding_dim, one.shape.key_size) == (4 * size, 2 * size)
        assert one.shape.kinds == ("softmax",) * 7
        assert one.schedule.num_steps == 15_000


def test_networks_of_other_depths_or_equal_dimensions_are_refused():
    first, second = SMOKE.distillations
    with pytest.raises(ValueError, match=r"dimensions are \[3, 2\]"):
        dataclasses.replace(SMOKE, distillations=(second, first))
    with pytest.raises(ValueError, match=r"networks have \[2, 3\] layers"):
        dataclasses.replace(SMOKE, distillations=(first, PRESETS["laptop"].distillations[1]))
