"""The numbers that claims about the copying figure refer to."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float

from incontext.analysis.alignment import squared_error
from incontext.baselines import gradient_descent
from incontext.experiments import comparison, expected, tables
from incontext.experiments.copying.config import Config, first_weighting
from incontext.models.copying import copy_then_descend, free_positions
from incontext.models.readout import read_prediction
from incontext.models.transformer import TransformerConfig, build
from incontext.networks.network import Networks
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import interleave
from incontext.tasks.regression import LinearRegression

NOTICEABLE = 0.1  # sensitivity to the next token that the plateau stays below
LEFT = 0.1  # share of the way from the plateau to one gradient step at which the plateau ends
ARRIVING = 0.5  # share of the way that a curve must cover to have left the plateau


class Plateau(NamedTuple):
    """The flat part of a loss curve.

    loss: median over it.  rows: which evaluations belong to it.
    end: first evaluation after it, None where the curve never gets half-way to the floor.
    """

    loss: float
    rows: slice
    end: int | None


def find_plateau(losses: Float[np.ndarray, " E"], level: float, floor: float) -> Plateau:
    """Plateau of a loss curve near `level`, above the best reachable loss `floor`.

    It begins where the loss first comes within 5 % of the level and ends where the loss
    has gone a tenth of the way to the floor.  The curve has left it only if it also gets
    half-way later: a side path ends little more than a tenth of the way down.
    """
    begin = int(np.argmax(losses <= 1.05 * level))
    way = (level - losses[begin:]) / (level - floor)
    fallen = np.flatnonzero(way > LEFT)
    stop = begin + int(fallen[0]) if len(fallen) else len(losses)
    rows = slice(begin, max(stop, begin + 1))
    return Plateau(float(np.median(losses[rows])), rows, stop if np.any(way > ARRIVING) else None)


def add_references(config: Config, rows: tables.MetricRows) -> tuple[float, float]:
    """Loss of predicting zero on the evaluation tasks, and of the best gradient step."""
    task = config.task
    prompt = config.circuit.evaluation_batch()
    zero = float(jnp.mean(squared_error(lambda p: 0 * p.query_targets, prompt)))
    optimum = expected.one_step(task)
    rows.add("zero_predictor_loss", zero)
    rows.add("closed_form_loss", optimum.loss)
    with jax.enable_x64(True):
        rows.add("construction_error_float64", construction_error())
    return zero, optimum.loss


def construction_error() -> float:
    """Largest relative gap between the written-down layers and an explicit step.

    For N = 7, d = 5 and d_y = 3, in the precision that is switched on.
    """
    task = LinearRegression(num_context=7, input_dim=5, output_dim=3)
    prompt = task.sample(13, key=evaluation_key(100))
    positions = free_positions(task.num_context, task.output_dim)
    model = build(TransformerConfig(("linear", "linear")))
    params = copy_then_descend(task.num_context, task.input_dim, task.output_dim, 1.7)
    query = jax.jit(model.query)(params, interleave(prompt, positions))
    layers = read_prediction(query, task.output_dim)
    step = jax.jit(lambda p: gradient_descent.predict(p, [1.7]))(prompt)
    return float(jnp.max(jnp.abs(layers - step)) / jnp.max(jnp.abs(step)))


def add_plateaus(
    network: Networks,
    following: Float[np.ndarray, "S E"],
    references: tuple[float, float],
    rows: tables.MetricRows,
) -> None:
    """Where each seed's loss lingers, and when loss and sensitivity leave."""
    steps = network.steps
    for seed, loss, next_one in zip(network.seeds, network.losses, following, strict=True):
        plateau = find_plateau(loss, *references)
        rows.add("plateau_loss", plateau.loss, [seed])
        rows.add("plateau_over_zero_predictor", plateau.loss / references[0], [seed])
        rows.add("next_on_plateau", np.median(next_one[plateau.rows]), [seed])
        rows.add("leaves_plateau", float(plateau.end is not None), [seed])
        if plateau.end is None:
            continue
        rows.add("plateau_end_step", steps[plateau.end], [seed])
        noticed = np.flatnonzero(next_one > NOTICEABLE)
        if len(noticed):
            lag = steps[noticed[0]] - steps[plateau.end]
            rows.add("rise_minus_drop_steps", lag, [seed])


def add_ends(
    config: Config,
    networks: list[Networks],
    along: list[dict[str, np.ndarray]],
    rows: tables.MetricRows,
) -> None:
    """Losses on fresh tasks and sensitivities at the end of training."""
    found = comparison.final_losses(
        config.task,
        [network.learner(first_weighting(network.training)) for network in networks],
        batch_size=config.circuit.schedule.evaluation_size,
        num_batches=config.final_batches,
    )
    optimum = expected.one_step(config.task).loss
    for network, loss, measured in zip(networks, found, along, strict=True):
        first = first_weighting(network.training)
        prefix = "" if first == "softmax" else f"{first}_"
        rows.add(f"{prefix}final_loss", loss.mean, network.seeds)
        rows.add(f"{prefix}final_over_one_step", loss.mean / optimum, network.seeds)
        for name, values in measured.items():
            short = name.removeprefix("sensitivity_")
            rows.add(f"{prefix}{short}_at_the_end", values[:, -1], network.seeds)


def add_panels(maps: pd.DataFrame, knocked: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Attention to the next token, and what knock-outs cost."""
    weights = maps[maps["matrix"] == "attention"]
    copied = weights[(weights["column"] == weights["row"] + 1) & (weights["row"] % 2 == 0)]
    mean = copied.groupby("seed")["value"].mean()
    rows.add("attention_to_next", mean, mean.index)
    loss = knocked.pivot(index="seed", columns="blocked", values="loss")
    for name, metric in (
        ("the next token", "knock_out_of_next_increase"),
        ("everything", "knock_out_of_head_increase"),
        ("the previous token", "knock_out_of_previous_increase"),
    ):
        rows.add(metric, loss[name] - loss["nothing"], loss.index)
