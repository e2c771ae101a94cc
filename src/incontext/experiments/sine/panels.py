"""The panels that follow from trained networks: fitted functions and learned kernels."""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis import influence
from incontext.baselines import sine
from incontext.experiments import tables
from incontext.experiments.sine.config import Config
from incontext.experiments.sine.model import (
    NAMES,
    Pair,
    build,
    predict,
    predict_before,
    products,
)
from incontext.networks.network import Networks
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed


def grid(config: Config) -> Float[Array, "G 1"]:
    """Inputs at which functions and kernels are drawn."""
    half = config.families[0].task.input_range / 2
    return jnp.linspace(-half, half, config.grid_size)[:, None]


def fits(config: Config, networks: Pair) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Functions before and after the step for a few prompts, first seed; and the prompts."""
    examples = networks.task.sample(config.num_fits, key=evaluation_key(7))
    values = {("truth", "after"): sine.coefficients(examples) @ sine.wave_features(grid(config)).T}
    for name in NAMES:
        model, params = build(networks.network(name)), take_seed(networks.network(name).params, 0)
        for stage, function in (("before", predict_before), ("after", predict)):
            over_grid = jax.jit(functools.partial(_over_grid, functools.partial(function, model)))
            values[name, stage] = over_grid(params, examples, grid(config))
    axes = {"example": range(config.num_fits), "input": np.asarray(grid(config)[:, 0])}
    frames = [
        tables.long(value, axes, value="prediction").assign(model=model, stage=stage)
        for (model, stage), value in values.items()
    ]
    return pd.concat(frames, ignore_index=True), _examples(examples)


def _over_grid(
    function: Callable[[PyTree, Prompt], Array],
    params: PyTree,
    examples: Prompt,
    inputs: Float[Array, "G 1"],
) -> Float[Array, "E G"]:
    def at(query: Array) -> Array:
        queries = jnp.broadcast_to(query[None], examples.query_inputs.shape)
        return function(params, examples._replace(query_inputs=queries))[:, 0]

    return jax.vmap(at, out_axes=1)(inputs)


def _examples(examples: Prompt) -> pd.DataFrame:
    count, num_context, _ = examples.context_inputs.shape
    numbers = np.repeat(np.arange(count), num_context)
    inputs = np.asarray(examples.context_inputs).reshape(-1)
    targets = np.asarray(examples.context_targets).reshape(-1)
    return pd.DataFrame({"example": numbers, "input": inputs, "target": targets})


def curves(networks: Pair, along: dict[str, np.ndarray]) -> pd.DataFrame:
    """Loss of both networks and their alignment over training, model "both"."""
    aligned = tables.curves(networks.trained, "both", along)
    losses = [
        tables.curves(networks.network(name), "both").assign(metric=f"loss of {name}")
        for name in NAMES
    ]
    return pd.concat([*losses, aligned[aligned["metric"] != "loss"]], ignore_index=True)


def kernels(config: Config, networks: Pair) -> dict[str, Float[np.ndarray, "S G G"]]:
    """Kernel of every network and seed on the grid: examples by queries."""
    return {name: _kernels(config, networks.network(name)) for name in NAMES}


def _kernels(config: Config, network: Networks) -> Float[np.ndarray, "S G G"]:
    inputs, model = grid(config), build(network)

    def one(params: PyTree) -> Array:
        embed = functools.partial(model.embed, params)
        return influence.kernel(embed, products(network, params), inputs, inputs)

    return np.asarray(jax.jit(lambda params: jax.lax.map(one, params))(network.params))


def kernel_table(config: Config, found: dict[str, Float[np.ndarray, "S G G"]]) -> pd.DataFrame:
    """Kernels of the first seed: one row per pair of inputs."""
    inputs = np.asarray(grid(config)[:, 0])
    axes = {"input": inputs, "query": inputs}
    frames = [tables.long(found[name][0], axes, value="value").assign(model=name) for name in NAMES]
    return pd.concat(frames, ignore_index=True)
