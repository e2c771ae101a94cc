"""The numbers that claims about the mesa layer refer to."""

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array
from jaxtyping import Key

from incontext.analysis.ridges import HeadRidges
from incontext.baselines import causal_gradient_step, least_squares
from incontext.experiments import sequences, tables
from incontext.experiments.mesa.config import Config, title
from incontext.experiments.mesa.model import predict_regressions
from incontext.experiments.mesa.panels import OPTIMUM
from incontext.networks.training import Training
from incontext.tasks.fixed import evaluation_key

_TINY_LAMBDA = 1e-9


def add_constructions(rows: tables.MetricRows) -> None:
    """How exactly a constructed layer is ridge regression, and a step when lambda vanishes."""
    rows.add("ridge_regression_error_float32", construction_errors()[0])
    with jax.enable_x64(True):
        solved, stepped = construction_errors()
    rows.add("ridge_regression_error_float64", solved)
    rows.add("vanishing_lambda_error_float64", stepped)


def construction_errors() -> tuple[float, float]:
    """Largest relative gaps of a constructed mesa layer, in the precision that is on.

    To ridge regression; and, with lambda = 1e-9, to one gradient step, where lambda times the
    largest eigenvalue of A_t is expected, some 1e-8.  For random states, n = 5, T = 13, at
    every position.
    """
    solved, stepped = _construction_errors(evaluation_key(100))
    return float(solved), float(stepped)


@jax.jit
def _construction_errors(key: Key[Array, ""]) -> tuple[Array, Array]:
    states, rate = jax.random.normal(key, (7, 13, 5)), 0.37
    ridges = jnp.array([0.3, 1.0 / _TINY_LAMBDA], states.dtype)
    gains = jnp.array([1.0, rate / _TINY_LAMBDA], states.dtype)
    solved, stepped = (
        predict_regressions(HeadRidges(gains[i : i + 1], ridges[i : i + 1]), states) for i in (0, 1)
    )
    return (
        _gap(solved, least_squares.predict(states, ridges[0])),
        _gap(stepped, causal_gradient_step.predict(states, rate)),
    )


def _gap(found: Array, expected: Array) -> Array:
    return jnp.max(jnp.abs(found - expected)) / jnp.max(jnp.abs(expected))


def add_losses(config: Config, positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Means over the length, and the mesa layer beside stacks and least squares."""
    by_model = sequences.losses_by_model(positions)
    mesa = by_model[title(config.layer)]
    seeds, last = mesa.index, mesa.columns.max()
    rows.add("mesa_mean_loss", mesa.mean(axis=1), seeds)
    rows.add("mesa_first_position_loss", mesa[1], seeds)
    rows.add("mesa_last_position_loss", mesa[last], seeds)
    means = pd.DataFrame({title(one): by_model[title(one)].mean(axis=1) for one in config.stacks})
    for one in config.stacks:
        rows.add(f"{metric_name(one)}_mean_loss", means[title(one)], seeds)
    rows.add("mesa_over_best_stack", mesa.mean(axis=1) / means.min(axis=1), seeds)
    if "two numbers per head" in by_model:
        reduced = by_model["two numbers per head"].mean(axis=1)
        rows.add("two_numbers_over_mesa", reduced / mesa.mean(axis=1), seeds)
    best = by_model["least squares, best ridge"].iloc[0].mean()
    rows.add("least_squares_mean_loss", by_model["least squares"].iloc[0].mean())
    rows.add("least_squares_late_mean_loss", by_model["least squares, one late"].iloc[0].mean())
    rows.add("best_ridge_mean_loss", best)
    rows.add("mesa_over_best_ridge", mesa.mean(axis=1) / best, seeds)
    rows.add("optimum_mean_loss", by_model[OPTIMUM].iloc[0].mean())


def metric_name(training: Training) -> str:
    """Beginning of a network's metrics: its name with the one mesa layer being "mesa"."""
    return "mesa" if training.name == "mesa-1" else training.name.replace("-", "_")


def add_ridges(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Least and greatest lambda over heads, and the sum of gains, after training."""
    last = table[table["step"] == table["step"].max()].groupby("seed")
    least, greatest = last["ridge_scale"].min(), last["ridge_scale"].max()
    rows.add("lambda_min", least, least.index)
    rows.add("lambda_max", greatest, greatest.index)
    gains = last["gain"].sum()
    rows.add("gain_sum", gains, gains.index)


def add_longer(config: Config, longer: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Loss at the end of longer sequences over that at the length of training."""
    by_model = sequences.losses_by_model(longer)
    for one in (config.layer, *config.stacks):
        losses = by_model[title(one)]
        ratio = losses[config.longer] / losses[config.task.length]
        rows.add(f"{metric_name(one)}_longer_over_trained_length", ratio, losses.index)
