"""Softmax layers replaced by linear ones: a smoke run, and what is measured on it."""

import dataclasses
import itertools

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.experiments.linearised import panels
from incontext.experiments.linearised.claims import normalised
from incontext.experiments.linearised.config import PRESETS, distillation
from incontext.experiments.linearised.panels import WHOLE
from incontext.models import sequence
from incontext.networks.distillation import LINEAR, linear_part, reader_part
from incontext.networks.recorder import train_in_memory
from incontext.networks.training import half_squared_error
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks import channels
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


def test_the_figures_are_drawn(ran):
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for name in EXPERIMENT.figures:
                figure = figures.get(name).draw(ran[1])
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


@pytest.fixture(scope="module")
def pair(ran):
    """The two layers on constructed tokens, and weights of both kinds by hand."""
    networks, _ = ran
    found = networks[SMOKE.constructed]
    return found, {
        kind: {name: {k: np.asarray(x[0], np.float64) for k, x in part.items()}
               for name, part in take(found.params).items()}
        for kind, take in (("softmax", reader_part), ("linear", linear_part))
    }  # fmt: skip


def product(weights, layer, name):
    """W_K^T W_Q or P W_V of the one head, without what reads the empty channel."""
    one = weights[f"layer_{layer}"]
    first, second = (one["key"][0].T, one["query"][0]) if name == "key-query" else (
        one["output"][0], one["value"][0]
    )  # fmt: skip
    empty = 2 if layer == 0 else 0
    found = first @ second
    return found[empty:, empty:] if name == "key-query" else found[:, empty:]


def test_weights_are_compared_entry_by_entry_in_double_precision(ran, pair):
    _, weights = pair
    table = ran[1].tables["likeness"].set_index(["layer", "product"])["cosine"]
    for layer in (0, 1):
        cosines = {}
        for name in ("key-query", "output-value"):
            one, other = (product(weights[kind], layer, name) for kind in ("softmax", "linear"))
            cosines[name] = (one * other).sum() / np.linalg.norm(one) / np.linalg.norm(other)
        sign = np.sign(cosines["key-query"])
        for name, found in cosines.items():
            assert table[layer + 1, name] == pytest.approx(sign * found, abs=1e-4)


def test_a_linear_network_is_like_itself_whatever_its_sign(pair):
    """Linear layers with the reader's weights, both products negated, are the same maps."""
    found, _ = pair
    softmax = reader_part(found.params)
    turned = {
        LINEAR + name: {**part, "query": -part["query"], "output": -part["output"]}
        for name, part in softmax.items()
    }
    same = panels.likeness(dataclasses.replace(found, params={**softmax, **turned}))
    np.testing.assert_allclose(same["cosine"], 1.0, atol=1e-5)


def test_the_loss_of_the_pair_is_that_on_constructed_tokens(ran, pair):
    found, _ = pair
    one, batch = SMOKE.constructed, fixed_batch(SMOKE.constructed.task, SMOKE.test_size, 1)
    params = {k: {n: x[0] for n, x in v.items()} for k, v in reader_part(found.params).items()}
    predicted = sequence.build(one.shape, 2).apply(params, channels.constructed(batch.inputs))
    loss = float(jnp.mean(half_squared_error(predicted, batch.targets)))
    table = ran[1].tables["pair_losses"].set_index("layer")["loss"]
    assert table[WHOLE] == pytest.approx(loss, rel=1e-5)
    assert len(table) == 3


def test_the_figure_of_weights_draws_both_products_of_both_kinds(ran, pair):
    _, weights = pair
    with figures.styled("light"):
        figure = figures.get("B19").draw(ran[1])
    drawn = [np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes]
    for row, kind in enumerate(("softmax", "linear")):
        for column, (layer, name) in enumerate(
            itertools.product((0, 1), ("key-query", "output-value"))
        ):
            wanted = product(weights[kind], layer, name)
            shown = drawn[4 * row + column]
            np.testing.assert_allclose(np.abs(shown), np.abs(wanted), rtol=1e-4, atol=1e-6)
    for column in (0, 2):  # key-query products point the same way
        assert (drawn[column] * drawn[4 + column]).sum() > 0
    plt.close(figure)


def test_weights_of_several_heads_are_refused():
    network = dataclasses.replace(SMOKE.constructed.shape, num_heads=2)
    reader = dataclasses.replace(SMOKE.constructed.reader, network=network)
    with pytest.raises(ValueError, match="has 2 heads"):
        dataclasses.replace(SMOKE, constructed=distillation(reader, SMOKE.constructed.schedule))


def test_the_published_pair_has_its_size():
    one = PRESETS["reduced"].constructed
    assert (one.task.state_dim, one.task.length) == (20, 80)
    assert (one.shape.kinds, one.shape.num_heads) == (("softmax",) * 2, 1)
