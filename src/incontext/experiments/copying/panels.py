"""The panels that follow from a trained network: attention, sensitivity, knock-outs."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import squared_error
from incontext.experiments import tables
from incontext.experiments.copying.config import Config
from incontext.experiments.copying.model import attention, heads, interventions, sensitivity
from incontext.models.readout import read_prediction
from incontext.models.transformer import final_query
from incontext.networks.network import Networks
from incontext.networks.training import Training
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Prompt


def maps(config: Config, networks: Networks) -> pd.DataFrame:
    """Attention and sensitivity of the first layer at the end: one row per pair of tokens."""
    prompt = fixed_batch(config.task, config.sensitivity_tasks, 5)

    def each(params: PyTree) -> dict[str, Array]:
        return {
            "attention": attention(networks.training, params, prompt),
            "sensitivity": sensitivity(networks.training, params, prompt),
        }

    found = jax.jit(lambda stacked: jax.lax.map(each, stacked))(networks.params)
    frames = []
    for matrix, values in found.items():
        rows, columns = values.shape[1:]
        labels = {"seed": networks.seeds, "row": range(rows), "column": range(columns)}
        frames.append(tables.long(values, labels, value="value").assign(matrix=matrix))
    table = pd.concat(frames, ignore_index=True)
    return table[["matrix", "seed", "row", "column", "value"]]


def knock_outs(config: Config, networks: Networks) -> pd.DataFrame:
    """Loss when the first layer is kept from attending to some tokens."""
    training = networks.training
    prompt = fixed_batch(config.task, training.schedule.evaluation_size, 6)
    masks = interventions(2 * config.task.num_context + 1)

    def each(params: PyTree) -> dict[str, Array]:
        return {name: _loss_without(training, params, prompt, m) for name, m in masks.items()}

    losses = jax.jit(lambda stacked: jax.lax.map(each, stacked))(networks.params)
    frames = [
        pd.DataFrame({"blocked": name, "seed": networks.seeds, "loss": np.asarray(values)})
        for name, values in losses.items()
    ]
    return pd.concat(frames, ignore_index=True)


def _loss_without(
    training: Training, params: PyTree, prompt: Prompt, mask: Array
) -> Float[Array, ""]:
    copying, descending = heads(training, params)
    intact = jnp.zeros_like(mask)
    layers = [copying.without(mask), descending.without(intact)]
    query = final_query(layers, training.layout(prompt))  # pyright: ignore - a layout of prompts
    prediction = read_prediction(query, prompt.targets.shape[-1])
    return jnp.mean(squared_error(lambda _: prediction, prompt))
