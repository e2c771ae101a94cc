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
from incontext.experiments import prompts, tables
from incontext.experiments.sine.config import Config
from incontext.experiments.sine.model import (
    NAMES,
    Networks,
    build_models,
    predict,
    predict_before,
    products,
)
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed


def grid(config: Config) -> Float[Array, "G 1"]:
    """Inputs at which functions and kernels are drawn."""
    half = config.task.input_range / 2
    return jnp.linspace(-half, half, config.grid_size)[:, None]


def fits(config: Config, networks: Networks) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Functions before and after the step for a few prompts, first seed; and the prompts."""
    examples = networks.task.sample(config.num_fits, key=prompts.evaluation_key(7))
    values = {("truth", "after"): sine.coefficients(examples) @ sine.wave_features(grid(config)).T}
    for name, model in build_models(config).items():
        params = take_seed(networks.params(name), 0)
        for stage, function in (("before", predict_before), ("after", predict)):
            over_grid = jax.jit(functools.partial(_over_grid, functools.partial(function, model)))
            values[name, stage] = over_grid(params, examples, grid(config))
    axes = {"example": range(config.num_fits), "input": np.asarray(grid(config)[:, 0])}
    frames = [
        tables.long(value, axes, value="prediction").assign(model=model, stage=stage)
        for (model, stage), value in values.items()
    ]
    return pd.concat(frames, ignore_index=True), _examples(config, examples)


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


def _examples(config: Config, examples: Prompt) -> pd.DataFrame:
    numbers = np.repeat(np.arange(config.num_fits), config.task.num_context)
    inputs = np.asarray(examples.context_inputs).reshape(-1)
    targets = np.asarray(examples.context_targets).reshape(-1)
    return pd.DataFrame({"example": numbers, "input": inputs, "target": targets})


def kernels(config: Config, networks: Networks) -> dict[str, Float[np.ndarray, "S G G"]]:
    """Kernel of every network and seed on the grid: examples by queries."""
    return {
        name: np.asarray(jax.jit(functools.partial(_kernels, config, name))(networks.params(name)))
        for name in NAMES
    }


def _kernels(config: Config, name: str, params: PyTree) -> Float[Array, "S G G"]:
    inputs, model = grid(config), build_models(config)[name]

    def one(params: PyTree) -> Array:
        embed = functools.partial(model.embed, params)
        return influence.kernel(embed, products(config, name, params), inputs, inputs)

    return jax.lax.map(one, params)


def kernel_table(config: Config, found: dict[str, Float[np.ndarray, "S G G"]]) -> pd.DataFrame:
    """Kernels of the first seed: one row per pair of inputs."""
    inputs = np.asarray(grid(config)[:, 0])
    axes = {"input": inputs, "query": inputs}
    frames = [tables.long(found[name][0], axes, value="value").assign(model=name) for name in NAMES]
    return pd.concat(frames, ignore_index=True)
