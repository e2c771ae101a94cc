"""The panels that follow from a trained network: attention, sensitivity, knock-outs."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis.alignment import squared_error
from incontext.experiments import prompts, tables
from incontext.experiments.copying.config import Config
from incontext.experiments.copying.model import (
    attention,
    first_weighting,
    heads,
    interventions,
    layout,
    sensitivity,
)
from incontext.experiments.prompts import Network
from incontext.models.attention import Weighting
from incontext.models.readout import read_prediction
from incontext.models.transformer import final_query
from incontext.tasks.types import Prompt


def maps(config: Config, network: Network) -> pd.DataFrame:
    """Attention and sensitivity of the first layer at the end: one row per pair of tokens."""
    prompt = config.task.sample(config.sensitivity_tasks, key=prompts.evaluation_key(5))

    @jax.jit
    def each(params: PyTree) -> dict[str, Array]:
        return {
            "attention": attention(config, first_weighting(network), params, prompt),
            "sensitivity": sensitivity(config, first_weighting(network), params, prompt),
        }

    found = jax.jit(lambda stacked: jax.lax.map(each, stacked))(network.trained.params)
    frames = []
    for matrix, values in found.items():
        rows, columns = values.shape[1:]
        labels = {"seed": network.seeds, "row": range(rows), "column": range(columns)}
        frames.append(tables.long(values, labels, value="value").assign(matrix=matrix))
    table = pd.concat(frames, ignore_index=True)
    return table[["matrix", "seed", "row", "column", "value"]]


def knock_outs(config: Config, network: Network) -> pd.DataFrame:
    """Loss when the first layer is kept from attending to some tokens."""
    prompt = config.task.sample(config.training.evaluation_size, key=prompts.evaluation_key(6))
    masks = interventions(2 * config.task.num_context + 1)

    def each(params: PyTree) -> dict[str, Array]:
        return {
            name: _loss_without(config, first_weighting(network), params, prompt, mask)
            for name, mask in masks.items()
        }

    losses = jax.jit(lambda stacked: jax.lax.map(each, stacked))(network.trained.params)
    frames = [
        pd.DataFrame({"blocked": name, "seed": network.seeds, "loss": np.asarray(values)})
        for name, values in losses.items()
    ]
    return pd.concat(frames, ignore_index=True)


def _loss_without(
    config: Config, first: Weighting, params: PyTree, prompt: Prompt, mask: Array
) -> Array:
    copying, descending = heads(config.model(first), params)
    intact = jnp.zeros_like(mask)
    layers = [copying.without(mask), descending.without(intact)]
    query = final_query(layers, layout(config)(prompt))
    prediction = read_prediction(query, config.task.output_dim)
    return jnp.mean(squared_error(lambda _: prediction, prompt))
