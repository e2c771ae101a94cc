"""Blocks of attention and MLP: an oracle in float64, a smoke run, and what is measured on it."""

import dataclasses

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from incontext import experiments, figures
from incontext.baselines import gdpp
from incontext.experiments import tables
from incontext.experiments.deep_blocks import panels
from incontext.experiments.deep_blocks.config import MLP_WIDTH, PRESETS, SMOKE, blocks
from incontext.models import constructed
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig

EXPERIMENT = experiments.get("deep-blocks")


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=(0, 1))


def test_blocks_with_constructed_weights_in_one_head_and_idle_mlps_are_gdpp():
    """In float64 against the algorithm, which shares no code; unclipped by small step sizes."""
    rates, curvatures, depth = (0.7, 1.3, 0.4), (0.02, 0.05, 0.01), 3
    with jax.enable_x64(True):
        training = blocks(depth, Schedule(1, 5, AdamConfig(1e-3), 1, 5))
        function, task = training.function(), training.task
        params = jax.tree.map(
            lambda leaf: jnp.zeros(leaf.shape, float), function.init(jax.random.key(0))
        )
        weights = jnp.zeros((1, task.input_dim))
        steps = constructed.curvature_corrected_steps(
            weights, list(rates), list(curvatures), task.num_context
        )
        for name, layer in steps.items():
            for kind, matrix in layer.items():
                params[name][kind] = params[name][kind].at[2].set(matrix[0])
        prompt = jax.tree.map(lambda x: x.astype(float), task.sample(7, key=jax.random.key(1)))
        found = function.predict(params, prompt)
        wanted = gdpp.predict(prompt, list(rates), list(curvatures), 10.0)
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
        assert np.abs(wanted).max() > 0.05
        idle = {**params["mlp_out_1"], "b": params["mlp_out_1"]["b"].at[-1].set(0.25)}
        moved = function.predict({**params, "mlp_out_1": idle}, prompt)
        assert np.abs(np.asarray(moved) - wanted).min() > 1e-3  # the MLP is there


def test_blocks_are_four_heads_then_an_mlp_then_the_clip_in_numpy():
    """Random weights in float64, large enough for the clip to be felt."""
    draw, depth = np.random.default_rng(3), 2
    with jax.enable_x64(True):
        training = blocks(depth, Schedule(1, 5, AdamConfig(1e-3), 1, 5))
        function, task = training.function(), training.task
        shapes = function.init(jax.random.key(0))
        params = jax.tree.map(lambda leaf: 0.6 * draw.standard_normal(leaf.shape), shapes)
        prompt = jax.tree.map(lambda x: x.astype(float), task.sample(3, key=jax.random.key(1)))
        found = function.predict(jax.tree.map(jnp.asarray, params), prompt)
    context = np.concatenate([prompt.context_inputs, prompt.context_targets], axis=-1)
    query = np.pad(np.asarray(prompt.query_inputs)[:, None], ((0, 0), (0, 0), (0, 1)))
    tokens, felt = np.concatenate([context, query], axis=1), 0
    for index in range(depth):
        one, seen = params[f"layer_{index}"], tokens[:, :-1]
        keys, values = (np.einsum("hkd,bnd->bhnk", one[name], seen) for name in ("key", "value"))
        asked = np.einsum("hkd,bmd->bhmk", one["query"], tokens)
        read = (asked @ np.swapaxes(keys, -1, -2)) @ values
        tokens = tokens + np.einsum("hdk,bhmk->bmd", one["output"], read)
        inward, outward = params[f"mlp_in_{index}"], params[f"mlp_out_{index}"]
        hidden = tokens @ inward["w"] + inward["b"]
        bent = hidden / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (hidden + 0.044715 * hidden**3)))
        tokens = np.clip(tokens + bent @ outward["w"] + outward["b"], -10.0, 10.0)
        felt += int(np.sum(np.abs(tokens) == 10.0))
    assert felt
    np.testing.assert_allclose(found, -tokens[:, -1, -1:], rtol=1e-9, atol=1e-9)


def test_published_blocks_have_the_published_sizes():
    for preset in ("reduced", "paper"):
        shape = PRESETS[preset].shape
        assert (shape.num_layers, shape.num_heads, shape.token_clip) == (12, 4, 10.0)
        assert (shape.mlp_width, shape.tied, any(shape.layer_norm)) == (MLP_WIDTH, False, False)
        assert PRESETS[preset].gdpp.network.num_steps == 12
    schedule = PRESETS["paper"].network.schedule
    assert (schedule.num_steps, schedule.batch_size) == (100_000, 2048)
    assert schedule.optimizer.learning_rate == 5e-4


def test_every_claimed_number_is_measured_and_can_be_recorded(result):
    claimed = {one.metric for one in read_ledger() if one.experiment == EXPERIMENT.name}
    assert claimed
    assert claimed <= set(result.tables["metrics"]["metric"])
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0


def test_ratios_and_gaps_are_taken_seed_by_seed():
    losses = pd.DataFrame(
        [
            ("trained", 0, 0.2),
            ("trained", 3, 0.1),
            ("gradient descent", -1, 0.4),
            ("GD++", -1, 0.05),
        ],
        columns=["model", "seed", "loss"],
    )
    rows = tables.MetricRows()
    panels.add_losses(losses, rows)
    measured = {"cosine_gd": np.array([[0.1, 0.5], [0.2, 0.6]]),
                "cosine_gdpp": np.array([[0.0, 0.7], [0.3, 0.5]])}  # fmt: skip
    panels.add_alignment(measured, (0, 3), rows)
    found = rows.table().set_index(["metric", "seed"])["value"]
    assert found["trained_over_gradient_descent", 3] == pytest.approx(0.25)
    assert found["trained_over_gdpp", 0] == pytest.approx(4.0)
    assert found["gdpp_loss", -1] == 0.05
    assert found["cosine_gap", 0] == pytest.approx(0.2)
    assert found["cosine_gap", 3] == pytest.approx(-0.1)


def test_gradient_descent_has_one_step_size_and_gdpp_its_own(result):
    losses = result.tables["losses"].set_index("model")["loss"]
    assert set(losses.index) == {"trained", "gradient descent", "GD++"}
    assert losses["gradient descent"] < 0.3  # predicting zero has 0.417


def test_the_figure_draws_what_the_tables_say(result):
    curves, losses = result.tables["curves"], result.tables["losses"]
    for theme in ("light", "dark"):
        with figures.styled(theme):
            figure = figures.get("A8").draw(result)
            figure.canvas.draw()
    left, *others = figure.axes[:3]
    by_seed = [
        part["value"].tolist() for _, part in curves[curves["metric"] == "loss"].groupby("seed")
    ]
    lines = left.get_lines()
    assert [np.asarray(line.get_ydata()).tolist() for line in lines[:2]] == by_seed
    levels = [line.get_ydata()[0] for line in lines[2:]]
    wanted = [
        losses.loc[losses["model"] == m, "loss"].iloc[0] for m in ("gradient descent", "GD++")
    ]
    assert levels == wanted
    for panel, suffix in zip(others, ("_gd", "_gdpp"), strict=True):
        drawn = {tuple(np.asarray(line.get_ydata())) for line in panel.get_lines()}
        part = curves[curves["metric"] == f"cosine{suffix}"]
        for _, one in part.groupby("seed"):
            assert tuple(one["value"]) in drawn
    plt.close("all")


def test_tied_blocks_are_refused():
    network = dataclasses.replace(SMOKE.shape, tied=True)
    with pytest.raises(ValueError, match="is tied"):
        dataclasses.replace(SMOKE, network=dataclasses.replace(SMOKE.network, network=network))
