"""Networks on raw states: a smoke run, what is measured on it, and settings that are refused."""

import dataclasses

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.analysis import past_sensitivity
from incontext.experiments import tables
from incontext.experiments.dataset_building import claims, panels
from incontext.experiments.dataset_building.config import FIRST_LAYER, PRESETS, Beginning
from incontext.experiments.dataset_building.model import attention, first_layer, trained_readers
from incontext.models.attention import Products
from incontext.models.sequence import build
from incontext.networks.network import of
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.training.config import Kept
from incontext.training.loop import fit

EXPERIMENT = experiments.get("dataset-building")
SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 3))


def measured(rows):
    return rows.table().set_index("metric")["value"].to_dict()


def test_every_claimed_number_is_measured(result):
    found = set(result.tables["metrics"]["metric"])
    claimed = {claim.metric for claim in read_ledger() if claim.experiment == EXPERIMENT.name}
    assert claimed
    assert claimed <= found


def test_every_table_and_weight_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert all(np.isfinite(array).all() and len(array) == 2 for array in result.params.values())


def test_its_figures_are_drawn_light_and_dark(result):
    entries = [entry for entry in figures.ENTRIES if entry.experiment == EXPERIMENT.name]
    assert {entry.id for entry in entries} == set(EXPERIMENT.figures)
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in entries:
                figure = entry.draw(result)
                figure.canvas.draw()
                plt.close(figure)


def test_attention_is_a_distribution_over_the_past(result):
    sums = result.tables["maps"].groupby(["model", "seed", "head", "row"])["value"].sum()
    np.testing.assert_allclose(sums, 1.0, rtol=1e-5)


def test_a_network_that_has_learned_nothing_loses_what_predicting_zero_loses(result):
    first = result.tables["metrics"].set_index("metric")["value"]
    zero = 0.5 * SMOKE.task.state_dim / 3
    # 64 sequences of 3 numbers: the mean of their squares scatters by 6 percent.
    assert first["least_squares_first_loss"] == pytest.approx(zero, rel=0.2)
    assert first["least_squares_last_loss"] < 0.01 < first["least_squares_mean_loss"] < zero


def params_of(reader):
    states = jnp.zeros((1, SMOKE.task.length, SMOKE.task.state_dim))
    return build(reader.network, SMOKE.task.state_dim).init(jax.random.key(5), states)


@pytest.mark.parametrize("reader", SMOKE.readers, ids=lambda reader: reader.name)
def test_the_first_layer_is_that_of_the_whole_network(reader):
    params = params_of(reader)
    states = jax.random.normal(jax.random.key(6), (5, 11, 3))
    whole = build(reader.network, 3).trace(params, states)[1]
    kept = {name: params[name] for name in FIRST_LAYER}
    np.testing.assert_allclose(first_layer(reader.network, kept, states), whole, atol=1e-6)


def test_attention_of_a_reader_is_what_its_layer_mixes_with():
    reader = SMOKE.readers[0]
    params = params_of(reader)
    params["layer_0"] = {name: 9.0 * leaf for name, leaf in params["layer_0"].items()}
    states = jax.random.normal(jax.random.key(7), (1, 11, 3))
    tokens = build(reader.network, 3).trace(params, states)[0][0]
    layer = params["layer_0"]
    moved = jnp.einsum("hdk,hke->hde", layer["output"], layer["value"])
    mixed = jnp.einsum("hmn,ne,hde->md", attention(reader.network, params, states), tokens, moved)
    after = first_layer(reader.network, params, states)[0]
    np.testing.assert_allclose(tokens + mixed, after, rtol=1e-4, atol=1e-5)


def test_sensitivity_is_the_mean_length_of_rows_of_the_derivative():
    matrix = jax.random.normal(jax.random.key(0), (7, 5, 2))  # channel, state, dimension

    def layer(states):
        last = jnp.einsum("dti,bti->bd", matrix, states)
        return jnp.stack([0 * last, last], axis=1)

    found = past_sensitivity.past_sensitivity(layer, jnp.ones((3, 5, 2)))
    expected = np.linalg.norm(matrix, axis=-1).mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_attention_by_position_alone_is_the_same_for_every_sequence():
    tokens = jax.random.normal(jax.random.key(1), (3, 5, 2))
    scores = 30.0 * jnp.eye(5, k=1)  # position t looks for t - 1
    products = Products(jnp.zeros((1, 7, 7)).at[0, 2:, 2:].set(scores), jnp.zeros((1, 2, 2)))
    weights = past_sensitivity.mean_attention(products, tokens, jnp.eye(5), 1.0)
    expected = np.eye(5, k=-1)
    expected[0, 0] = 1.0  # nothing comes before the first
    np.testing.assert_allclose(weights[0], expected, atol=1e-6)


def test_a_probe_reads_what_is_there_and_nothing_else():
    random = np.random.default_rng(0)
    states = random.normal(size=(400, 9, 2)).astype(np.float32)
    tokens = np.concatenate([states[:, -1], states[:, -2]], axis=-1)
    for scoring, floor in (("held out", 1.0), ("training", 0.98)):
        found = panels._probe(tokens, states, 4, scoring).set_index("state")["error"]
        assert found.loc[[8, 9]].max() < 1e-10
        assert found.loc[[6, 7]].to_numpy() == pytest.approx(floor, rel=0.15)


def test_probe_ratios_compare_two_states_with_those_before_the_last_three():
    errors = [0.30, 0.25, 0.26, 0.15, 0.004, 0.001]
    table = pd.DataFrame({"state": range(45, 51), "error": errors})
    rows = tables.MetricRows()
    claims.add_probes(table.assign(model="softmax", scoring="held out", seed=0), rows)
    found = measured(rows)
    assert found["softmax_probe_older"] == 0.25
    assert found["softmax_probe_ratio"] == 0.25 / 0.004


def test_attention_to_a_pair_is_a_mean_over_heads_and_later_rows():
    cells = {(0, 0): 1.0, (1, 0): 0.75, (1, 1): 0.25, (2, 0): 0.2, (2, 1): 0.5, (2, 2): 0.3}
    table = pd.DataFrame([(*place, value) for place, value in cells.items()])
    table = table.set_axis(["row", "column", "value"], axis=1)
    both = [table.assign(head=head, model="hybrid", seed=4) for head in (0, 1)]
    rows = tables.MetricRows()
    claims.add_maps(pd.concat(both), rows)
    assert measured(rows) == pytest.approx(
        {"hybrid_attention_to_previous": 0.625, "hybrid_attention_to_pair": 0.9}
    )


def test_a_sensitivity_has_risen_at_a_tenth_of_its_end():
    steps, values = [0, 100, 200, 300], [0.0, 0.02, 0.09, 0.8]
    parts = [
        pd.DataFrame({"step": steps, "sensitivity": np.multiply(factor, values), "state": state})
        for state, factor in ((5, 0.1), (6, 0.5), (7, 1.0), (8, 2.0))
    ]
    rows = tables.MetricRows()
    claims.add_sensitivities(pd.concat(parts).assign(model="hybrid", seed=2), rows)
    found = measured(rows)
    assert found["hybrid_onset_step"] == 200
    assert found["hybrid_sensitivity_previous"] == 0.8
    assert found["hybrid_sensitivity_third_over_previous"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"window": 3}, "window is 3"),
        ({"window": 13}, "window is 13"),
        ({"map_size": 65}, "map_size is 65"),
    ],
)
def test_bad_settings_are_refused(change, word):
    with pytest.raises(ValueError, match=word):
        dataclasses.replace(SMOKE, **change)


def changed(reader, **training):
    """A reader whose training differs for all figures."""
    whole = Beginning(dataclasses.replace(reader.probe.training, **training))
    return dataclasses.replace(reader, prediction=whole, probe=whole, sensitivity=whole)


def test_a_reader_of_constructed_tokens_is_refused():
    reader = SMOKE.readers[0]
    with pytest.raises(ValueError, match="raw states need an embedding"):
        changed(reader, network=dataclasses.replace(reader.network, embedding_dim=None))


def test_a_reader_of_two_networks_is_refused():
    reader, other = SMOKE.readers[:2]
    with pytest.raises(ValueError, match="different networks"):
        dataclasses.replace(reader, probe=other.probe)


@pytest.mark.parametrize(
    ("purpose", "num_steps"), [("sensitivity", 21), ("prediction", 10), ("probe", 21)]
)
def test_a_beginning_without_the_weights_it_needs_is_refused(purpose, num_steps):
    reader = SMOKE.readers[0]  # on the way it keeps the first layer, which suffices for one purpose
    dataclasses.replace(reader, sensitivity=Beginning(reader.probe.training, 10))
    with pytest.raises(ValueError, match=f"num_steps is {num_steps}; choose one of 0, "):
        dataclasses.replace(reader, **{purpose: Beginning(reader.probe.training, num_steps)})


def lengths(reader):
    """Steps of every training that is run."""
    return sorted(one.schedule.num_steps for one in {one.training for one in reader.parts.values()})


def test_equal_trainings_and_beginnings_of_others_are_not_run_apart():
    assert [lengths(reader) for reader in SMOKE.readers] == [[20], [20], [20], [20]]
    published = [lengths(reader) for reader in PRESETS["paper"].readers]
    assert published == [[3000, 20_000], [3000, 12_000, 20_000], [3500], [3500]]
    wanted = EXPERIMENT.wanted(PRESETS["paper"], (0, 1))
    assert len(wanted) == len({one.name for one in wanted}) == 7


def test_published_beginnings_are_those_of_the_figures():
    softmax, hybrid, mesa, linear = PRESETS["paper"].readers
    assert [one.num_steps for one in softmax.parts.values()] == [10_000, None, None]
    assert [one.num_steps for one in hybrid.parts.values()] == [None, None, None]
    for reader in (mesa, linear):
        assert [one.num_steps for one in reader.parts.values()] == [None, None, 3000]
    assert (linear.network.kinds, linear.network.token_clip) == (("linear", "mesa"), None)


def test_the_network_of_the_published_plot_stands_beside_the_one_of_the_text(result):
    for name in ("positions", "probes", "sensitivities"):
        assert {"full mesa", "linear, mesa"} <= set(result.tables[name]["model"])
    laptop = {reader.name for reader in PRESETS["laptop"].readers}
    assert laptop == {"softmax", "hybrid", "full mesa", "linear, mesa"}


def test_a_beginning_is_the_shorter_training():
    """To the last bit in its losses, and to half precision in its weights."""
    reader = SMOKE.readers[1]
    schedule = dataclasses.replace(reader.probe.training.schedule, evaluate_every=5)
    short = changed(reader, schedule=dataclasses.replace(schedule, num_steps=10), kept=Kept((5,)))
    long = changed(reader, schedule=schedule, kept=Kept((5, 10)))
    cut = Beginning(long.probe.training, 10)
    joined = dataclasses.replace(long, prediction=cut, sensitivity=cut)

    def read(reader):
        training = reader.probe.training
        trained = fit(training.problem(), training.schedule, seeds=(0, 3), kept=training.kept)
        config = dataclasses.replace(SMOKE, readers=(reader,))
        networks = dict.fromkeys(EXPERIMENT.trainings(config), of(training, (0, 3), trained))
        sensitivities = panels.sensitivities(config, trained_readers(config, networks))
        return trained_readers(config, networks)[0], sensitivities

    (apart, expected), (found, sensed) = read(short), read(joined)
    assert found.probe.steps[-1] == 20
    assert found.sensitivity.kept_steps == (0, 5, 10)
    for one in (found.prediction, found.sensitivity):
        np.testing.assert_array_equal(one.steps, apart.probe.steps)
        np.testing.assert_array_equal(one.losses, apart.probe.losses)
        jax.tree.map(
            lambda half, full: np.testing.assert_allclose(half, full, rtol=6e-4, atol=1e-7),
            one.params,
            apart.probe.params,
        )
    same = ["model", "seed", "step", "state"]
    pd.testing.assert_frame_equal(sensed[same], expected[same])
    np.testing.assert_allclose(sensed["sensitivity"], expected["sensitivity"], rtol=5e-3)
