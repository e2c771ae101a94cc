"""The numbers that claims about the depth figures refer to."""

from collections.abc import Iterable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.experiments import comparison
from incontext.experiments.gdpp_depth import spectra
from incontext.experiments.gdpp_depth.model import Comparison, constructed_layers
from incontext.experiments.tables import MetricRows, slug
from incontext.tasks.fixed import evaluation_key


def add_losses(losses: pd.DataFrame, rows: MetricRows) -> None:
    """Loss of every learner, such as 5_layers_trained_loss."""
    for (depth, model), part in losses.groupby(["depth", "model"], sort=False):
        rows.add(f"{slug(f'{depth} {model}')}_loss", part["loss"], part["seed"])


def add_alignment(
    compared: Iterable[Comparison],
    along: Mapping[str, Mapping[str, np.ndarray]],
    rows: MetricRows,
) -> None:
    """Alignment with both algorithms at the end of training."""
    for one in compared:
        for metric, values in along[one.depth.title].items():
            if metric.endswith(("_gd", "_gdpp")):
                rows.add(f"{one.depth.name}_{metric}", values[:, -1], one.network.seeds)


def add_construction(compared: Iterable[Comparison], rows: MetricRows) -> None:
    """Largest relative gap between GD++ and a network with its weights, on fresh tasks."""
    for one in compared:
        rows.add(f"{one.depth.name}_construction_error", construction_error(one))


def construction_error(one: Comparison) -> float:
    """Gap between GD++ as an algorithm and as constructed weights, relative to the largest."""
    task, network = one.depth.task, one.depth.network.function()
    params = constructed_layers(task, one.gdpp)

    @jax.jit
    def gap(key: jax.Array) -> jax.Array:
        prompt = task.sample(1000, key=key)
        layers = network.predict(params, prompt)
        algorithm = one.gdpp(prompt)
        return jnp.max(jnp.abs(layers - algorithm)) / jnp.max(jnp.abs(algorithm))

    return float(gap(evaluation_key(9)))


def add_curvatures(
    curvatures: pd.DataFrame, eigenvalues: Mapping[int, np.ndarray], rows: MetricRows
) -> None:
    """Curvature by number of examples, and how far it brings the condition number down."""
    for num_context, part in curvatures.groupby("num_context"):
        trained = part[part["model"] == "trained"]
        gdpp = part[part["model"] == "GD++"]
        values = eigenvalues[int(str(num_context))]
        before = spectra.median_condition(values, 0.0)
        ratios = [spectra.median_condition(values, g) / before for g in trained["curvature"]]
        rows.add(f"curvature_at_{num_context}", trained["curvature"], trained["seed"])
        rows.add(f"gdpp_curvature_at_{num_context}", gdpp["curvature"])
        rows.add(f"condition_ratio_at_{num_context}", ratios, trained["seed"])
        rows.add(f"smallest_eigenvalue_at_{num_context}", values.min())
        rows.add(f"largest_eigenvalue_at_{num_context}", values.max())


def add_conditions(
    conditions: pd.DataFrame, eigenvalues: Mapping[int, np.ndarray], rows: MetricRows
) -> None:
    """Worst condition number without a curvature, and with the best one.

    Only as far as f rises up to the largest eigenvalue's zero, gamma = 1 / lambda: beyond, the
    paper's formula has another branch.
    """
    for num_context, part in conditions.groupby("num_context"):
        size = int(str(num_context))
        before = part[part["curvature"] <= 1 / eigenvalues[size].max()]
        rows.add(f"worst_condition_at_{size}", before["worst_case"].iloc[0])
        rows.add(f"least_worst_condition_at_{size}", before["worst_case"].min())


def add_scales(scales: pd.DataFrame, rows: MetricRows) -> None:
    """Loss of every learner at twice the scale of training inputs."""
    for depth, part in scales.groupby("depth", sort=False):
        comparison.add_scaled(part, "inputs", 2.0, rows, f"{slug(str(depth))}_")


def add_streams(pairs: pd.DataFrame, rows: MetricRows) -> None:
    """How well f(lambda, gamma) foretells the Hessian after the first layer, per seed."""
    first = pairs[pairs["layer"] == 0]
    for depth, part in first.groupby("depth", sort=False):
        errors = {
            seed: float(
                np.linalg.norm(one["after"] - one["predicted"]) / np.linalg.norm(one["after"])
            )
            for seed, one in part.groupby("seed")
        }
        name = f"{str(depth).replace(' ', '_')}_spectrum_map_error"
        rows.add(name, list(errors.values()), [int(str(seed)) for seed in errors])


def add_clipping(clipping: pd.DataFrame, rows: MetricRows) -> None:
    """Mean loss of tuned GD++ with and without clipping."""
    for bound, part in clipping.groupby("bound"):
        rows.add(f"gdpp_{bound}_mean_loss", part["mean"].mean())
