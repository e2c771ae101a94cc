"""Half-way between a linear stack in training and scaled identities: paper B, Figures 4A and 4B.

Shapes: S seeds, K kept steps, L layers, H heads, D token width.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis import compression
from incontext.experiments import tables
from incontext.experiments.sequences import position_losses
from incontext.models.attention import Products, merge
from incontext.models.sequence import SequenceConfig
from incontext.networks.learnables import predict_with_products
from incontext.networks.network import Networks
from incontext.networks.training import Training
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.devices import over_seeds


def stacked_products(params: PyTree) -> Products:
    """Products of all layers of a stack, [..., L, H, D, D]; leading axes (seeds) are kept."""
    layers = [merge(dict(params[f"layer_{index}"])) for index in range(len(params))]
    return jax.tree.map(lambda *parts: jnp.stack(parts, axis=-4), *layers)


def interpolation(networks: Networks, compressed_at: int) -> pd.DataFrame:
    """Loss of a stack during training, of its average with a later compression, and of that.

    The weights of step compressed_at are reduced to scaled identities; the products of every
    kept step are averaged with these.  Columns model, seed, step, loss; the compression has the
    same loss at every step.

    The paper trains a second time from the same initial weights; with the same seed that
    repeats the first training, so that its kept weights serve.
    """
    training, steps = networks.training, networks.kept_steps
    assert isinstance(training.task, LinearDynamics)
    size = training.task.state_dim

    @jax.jit
    def reduced(params: PyTree) -> Products:
        return compression.expand(compression.compress(stacked_products(params), size), size)

    @jax.jit
    def averaged(params: PyTree, fixed: Products) -> Products:
        return compression.halfway(stacked_products(params), fixed)

    losses = jax.jit(over_seeds(lambda products: _loss(training, products)))
    fixed = reduced(networks.at(compressed_at))
    halfway = [np.asarray(losses(averaged(networks.at(step), fixed))) for step in steps]
    compressed = np.asarray(losses(fixed))
    curves = {
        "trained": networks.losses[:, np.isin(networks.steps, steps)],
        "interpolated": np.stack(halfway, axis=1),
        "compressed": np.repeat(compressed[:, None], len(steps), axis=1),
    }
    axes = {"seed": networks.seeds, "step": steps}
    frames = [
        tables.long(values, axes, value="loss").assign(model=name)
        for name, values in curves.items()
    ]
    return pd.concat(frames, ignore_index=True)[["model", "seed", "step", "loss"]]


def _loss(training: Training, products: Products) -> Float[Array, ""]:
    """Loss of a linear stack, given by its products, on the tasks of the training's curve."""
    assert isinstance(training.network, SequenceConfig)
    batch, clip = training.evaluation_batch(), training.network.token_clip
    tokens, output_dim = training.layout(batch), batch.targets.shape[-1]
    predictions = predict_with_products(products, tokens, output_dim, clip)
    return jnp.mean(position_losses(predictions, batch))


def last_losses(curve: pd.DataFrame) -> pd.DataFrame:
    """The end of an interpolation: a row per seed, a column per model."""
    last = curve[curve["step"] == curve["step"].max()]
    return last.pivot(index="seed", columns="model", values="loss")
