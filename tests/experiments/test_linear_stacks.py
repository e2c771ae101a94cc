"""Linear stacks, one layer and deep ones: smoke runs, and what is measured on them."""

import dataclasses

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.analysis import compression
from incontext.experiments import deep_linear
from incontext.experiments.interpolation import interpolation, last_losses, stacked_products
from incontext.models.attention import merge
from incontext.networks.network import of
from incontext.networks.training import half_squared_error
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.records.types import Result
from incontext.training.config import Kept
from incontext.training.loop import fit

NAMES = ("causal-layer", "deep-linear")


@pytest.fixture(scope="module", params=NAMES)
def ran(request):
    experiment = experiments.get(request.param)
    return experiment, experiment.run(experiment.presets["smoke"], seeds=(0, 3))


def test_every_claimed_number_has_its_kind_measured(ran):
    """At smoke the stacks have other depths, and their metrics other numbers in their names."""
    experiment, result = ran
    claimed = {one.metric for one in read_ledger() if one.experiment == experiment.name}
    assert claimed
    assert {name.rstrip("0123456789") for name in claimed} <= {
        name.rstrip("0123456789") for name in result.tables["metrics"]["metric"]
    }


def test_every_table_and_weight_can_be_recorded(ran):
    _, result = ran
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert all(np.isfinite(array).all() and len(array) == 2 for array in result.params.values())


def test_their_figures_are_drawn(ran):
    experiment, result = ran
    entries = [entry for entry in figures.ENTRIES if entry.experiment == experiment.name]
    assert {entry.id.partition("-")[0] for entry in entries} == set(experiment.figures)
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in entries:
                figure = entry.draw(result)
                figure.canvas.draw()
                plt.close(figure)


def test_the_interpolation_ends_with_the_losses_of_the_networks(ran):
    experiment, result = ran
    curve = result.tables["interpolation"]
    metrics = result.tables["metrics"].set_index(["metric", "seed"])["value"]
    last = last_losses(curve)
    ratio = last["interpolated"] / last["trained"]
    np.testing.assert_allclose(metrics["interpolation_end_over_trained"], ratio, rtol=1e-6)
    constant = curve[curve["model"] == "compressed"].groupby("seed")["loss"].nunique()
    assert (constant == 1).all()
    kept = experiment.presets["smoke"].interpolated.kept.steps
    assert set(curve["step"]) == {0, *kept, curve["step"].max()}


@pytest.fixture(scope="module")
def networks():
    """Three layers of which the second of four kept steps is compressed."""
    config = experiments.get("deep-linear").presets["smoke"]
    stack = config.interpolated
    network = dataclasses.replace(stack.network, kinds=("linear",) * 3)
    training = dataclasses.replace(stack, network=network, kept=Kept((10,)))
    trained = fit(training.problem(), training.schedule, seeds=(0, 3), kept=training.kept)
    return of(training, (0, 3), trained)


def test_products_are_those_of_every_layer_and_seed(networks):
    products = stacked_products(networks.params)
    assert products.key_query.shape == (2, 3, 4, 40, 40)
    one = {name: leaf[1] for name, leaf in networks.params["layer_2"].items()}
    for found, expected in zip(products, merge(one), strict=True):
        np.testing.assert_allclose(found[1, 2], expected, rtol=1e-6, atol=1e-9)


def test_an_interpolation_is_half_way_to_the_compression_of_one_step(networks):
    curve = interpolation(networks, 10)
    table = curve.pivot(index=["seed", "step"], columns="model", values="loss")
    training, batch = networks.training, networks.training.evaluation_batch()
    np.testing.assert_array_equal(table["trained"].loc[3], networks.losses[1])
    for step in (0, 10, 20):
        averaged = {}
        for index in range(3):
            now, then = (
                merge({name: leaf[1] for name, leaf in networks.at(at)[f"layer_{index}"].items()})
                for at in (step, 10)
            )
            fixed = compression.expand(compression.compress(then, 10), 10)
            mean = compression.halfway(now, fixed)
            eye = jnp.broadcast_to(jnp.eye(40), mean.key_query.shape)
            averaged[f"layer_{index}"] = {  # a layer of these products: one factor is 1
                "key": eye,
                "query": mean.key_query,
                "value": eye,
                "output": mean.output_value,
            }
        wide = dataclasses.replace(training.network, key_size=40)
        predict = dataclasses.replace(training, network=wide).function().predict
        loss = jnp.mean(half_squared_error(jax.jit(predict)(averaged, batch), batch.targets))
        assert table["interpolated"].loc[3, step] == pytest.approx(float(loss), rel=1e-5)


def test_published_stacks_are_those_beside_the_mesa_layer():
    mesa = experiments.get("mesa").presets["paper"]
    deep = deep_linear.PRESETS["paper"]
    one = experiments.get("causal-layer").presets["paper"].layer
    assert [s.name for s in deep.stacks] == ["linear-2", "linear-4", "linear-6"]
    assert {one, *deep.stacks} <= set(mesa.stacks)


def test_a_stack_that_is_shown_and_followed_is_trained_once():
    experiment = experiments.get("deep-linear")
    laptop = experiment.presets["laptop"]
    assert laptop.interpolated in laptop.stacks
    assert len(experiment.wanted(laptop, (0,))) == 3
    assert len(experiment.wanted(experiment.presets["paper"], (0,))) == 6


def test_a_stack_trained_for_longer_differs_in_its_length_alone_and_is_dashed():
    paper = deep_linear.PRESETS["paper"]
    (longer,) = paper.longer
    schedule = dataclasses.replace(longer.schedule, num_steps=10_000)
    assert dataclasses.replace(longer, schedule=schedule) == paper.stacks[1]
    losses = {"2 layers": 0.5, "4 layers": 0.25, "4 layers, 20,000 steps": 0.2}
    columns = ["model", "seed", "t", "loss"]
    rows = [(model, 0, t, loss / t) for model, loss in losses.items() for t in (1, 2)]
    drawn = figures.get("B4D").draw(Result({"positions": pd.DataFrame(rows, columns=columns)}, {}))
    lines = {line.get_label(): line for line in drawn.axes[0].lines}
    assert [lines[name].get_linestyle() for name in losses] == ["-", "-", "--"]
    assert lines["4 layers"].get_color() == lines["4 layers, 20,000 steps"].get_color()
    assert lines["4 layers, 20,000 steps"].get_ydata()[1] == 0.1
    plt.close(drawn)


def test_scaled_identities_without_a_stack_of_their_depth_are_refused():
    smoke = deep_linear.PRESETS["smoke"]
    deeper = dataclasses.replace(smoke.compressed.network, num_layers=5)
    with pytest.raises(ValueError, match=r"compressed has 5 layers and stacks have \[1, 2\]"):
        dataclasses.replace(smoke, compressed=dataclasses.replace(smoke.compressed, network=deeper))


def test_networks_of_different_tasks_are_refused():
    smoke = deep_linear.PRESETS["smoke"]
    other = dataclasses.replace(smoke.compressed, task=dataclasses.replace(smoke.task, length=19))
    with pytest.raises(ValueError, match="identities-2 has another task than linear-1"):
        dataclasses.replace(smoke, compressed=other)
