"""Contracting dynamics and one map for all: a smoke run, and what is measured on it."""

import dataclasses

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.experiments.other_worlds import panels
from incontext.experiments.other_worlds.config import CONTRACTING, ONE_MAP
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.fixed import fixed_batch

EXPERIMENT = experiments.get("other-worlds")
SMOKE = EXPERIMENT.presets["smoke"]


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 3))


def without_depth(names):
    """At smoke the stacks have other depths, and their metrics other numbers in their names."""
    return {"".join(letter for letter in name if not letter.isdigit()) for name in names}


def test_every_claimed_number_has_its_kind_measured(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    assert claimed
    assert without_depth(claimed) <= without_depth(result.tables["metrics"]["metric"])


def test_every_table_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert not result.tables["metrics"].duplicated(["metric", "seed"]).any()


def test_their_figures_are_drawn(result):
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in figures.ENTRIES:
                if entry.experiment == EXPERIMENT.name:
                    figure = entry.draw(result)
                    figure.canvas.draw()
                    plt.close(figure)


def test_all_sequences_are_those_that_shrink_and_those_that_stay_large(result):
    states = np.asarray(fixed_batch(SMOKE.task(CONTRACTING), SMOKE.test_size, 1).states)
    large = panels.stays_large(states)
    lengths = np.sqrt((states[:, -1] ** 2).sum(axis=1))
    assert lengths[large].min() > 1.0 >= lengths[~large].max()
    positions, parts = (
        result.tables[name].query("model == 'predicting zero'") for name in ("positions", "parts")
    )
    whole = positions[positions["world"] == CONTRACTING].set_index("t")["loss"]
    one, other = (
        parts[parts["part"] == name].set_index("t")["loss"] for name in ("stay large", "shrink")
    )
    np.testing.assert_allclose(large.mean() * one + (1 - large.mean()) * other, whole, rtol=1e-5)


def test_a_network_at_home_has_the_loss_of_its_positions(result):
    """Other sequences, the same world: near that of predicting zero after so little training."""
    table = result.tables["transfers"]
    assert len(table) == 2 * 3 * (3 + 3 + 2)  # seeds, worlds to be tested in, networks
    zero = table.groupby("tested_in")["zero"].agg(["min", "max"])
    assert (zero["min"] == zero["max"]).all()
    home = table[(table["trained_in"] == ONE_MAP) & (table["tested_in"] == ONE_MAP)]
    positions = result.tables["positions"]
    own = positions[positions["world"] == ONE_MAP].groupby(["model", "seed"])["loss"].mean()
    for row in home.itertuples():
        assert row.loss == pytest.approx(own[row.model, row.seed], rel=0.2)


def test_the_stored_map_is_that_of_the_sequences(result):
    """A layer that knew another map would lose more than predicting zero."""
    metrics = result.tables["metrics"].set_index("metric")["value"]
    assert metrics["one_map_known_map_1_layer_mean_loss"] < 0.15
    assert metrics["one_map_known_map_1_layer_mean_loss"] > 0.9 * metrics["known_map_least_loss_1"]


def test_published_worlds_are_those_of_the_paper():
    paper = EXPERIMENT.presets["paper"]
    names = [one.name for entrants in paper.worlds.values() for one in entrants]
    assert names == [
        *(f"contracting-linear-{depth}" for depth in (1, 2, 4, 6)),
        "contracting-mesa-1",
        *(f"one-map-linear-{depth}" for depth in (1, 2, 4, 6)),
        "one-map-mesa-1",
        *(f"linear-{depth}" for depth in (1, 2, 4, 6)),
        "mesa-1",
    ]
    mesa = experiments.get("mesa").presets["paper"]
    assert set(paper.orthogonal) <= set(mesa.entrants)


def test_a_world_of_other_dynamics_is_refused():
    with pytest.raises(
        ValueError, match="is trained on FixedDynamics, which is not the contracting"
    ):
        dataclasses.replace(SMOKE, contracting=SMOKE.one_map)
    with pytest.raises(ValueError, match="must begin with one linear layer and end with a mesa"):
        dataclasses.replace(SMOKE, one_map=SMOKE.one_map[::-1])


def test_one_world_alone_has_its_own_numbers(result):
    """A chapter trains what it shows: the numbers are those of the whole experiment."""
    alone = dataclasses.replace(SMOKE, contracting=(), orthogonal=())
    found = EXPERIMENT.run(alone, seeds=(0, 3)).tables
    assert set(found["positions"]["world"]) == set(found["transfers"]["tested_in"]) == {ONE_MAP}
    whole = result.tables["metrics"].set_index(["metric", "seed"])["value"]
    metrics = found["metrics"].set_index(["metric", "seed"])["value"]
    assert len(metrics) > 20
    np.testing.assert_allclose(metrics, whole[metrics.index], rtol=1e-6)
    assert "parts" not in found


def test_no_sequence_of_zeros_stays_large():
    assert not panels.stays_large(jnp.zeros((4, 3, 2))).any()
