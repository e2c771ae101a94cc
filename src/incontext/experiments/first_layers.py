"""How much the first layer of a network depends on what it has read, while it is trained."""

import functools
from collections.abc import Mapping

import jax
import pandas as pd
from jaxtyping import PyTree

from incontext.analysis.past_sensitivity import past_sensitivity
from incontext.experiments import tables
from incontext.experiments.dataset_building.model import first_layer
from incontext.models.sequence import SequenceConfig
from incontext.networks.network import Networks


def sensitivities(followed: Mapping[str, Networks], size: int) -> pd.DataFrame:
    """Sensitivity of the last token after the first layer to every state that was read.

    Columns model, seed, step, back, sensitivity; back counts from 0, the latest state.
    followed: networks with their first layer kept on the way, by what tables call them.
    size: sequences of the mean, the first of those of the loss curve.

    Source: paper B, Figures 16, 22 and 23.
    """
    frames = []
    for name, networks in followed.items():
        network = networks.training.network
        assert isinstance(network, SequenceConfig)
        states = networks.training.evaluation_batch().inputs[:size]

        def measure(
            params: PyTree, network: SequenceConfig = network, states: jax.Array = states
        ) -> dict[str, jax.Array]:
            after = functools.partial(first_layer, network, params)
            return {"sensitivity": past_sensitivity(after, states)[::-1]}

        values = networks.along(measure)["sensitivity"]
        axes = {"seed": networks.seeds, "step": networks.kept_steps, "back": range(values.shape[2])}
        frames.append(tables.long(values, axes, value="sensitivity").assign(model=name))
    table = pd.concat(frames, ignore_index=True)
    return table[["model", "seed", "step", "back", "sensitivity"]]
