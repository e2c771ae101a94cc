"""The trained stacks, their compression, and the algorithms they are compared with."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key, PyTree

from incontext.analysis import compression
from incontext.analysis.compression import BlockScales
from incontext.baselines import causal_gradient_step, proposition2
from incontext.experiments import sequences
from incontext.experiments.deep_linear.config import Config, Stack
from incontext.experiments.sequences import Learner, Network
from incontext.models.attention import Products, merge
from incontext.models.readout import read_next_state
from incontext.models.sequence import SequenceConfig, trace_products
from incontext.tasks import channels
from incontext.tasks.types import Trajectory
from incontext.training.loop import train
from incontext.training.state import Problem, Trained
from incontext.training.workspace import Workspace

NUM_CHANNELS = 4
_SPREAD = 0.03  # of the numbers that a compressed stack starts from
_LEARNING_RATE = 0.032  # of the gradient step of Figure 4C


def layout(trajectory: Trajectory) -> Float[Array, "B T D"]:
    """Tokens (0, s_t, s_t, s_{t-1}): the second channel is for the layers to rework."""
    return channels.constructed(trajectory.inputs)


def train_stack(
    config: Config,
    stack: Stack,
    seeds: Sequence[int],
    workspace: Workspace,
    *,
    name: str,
    keep_products: bool = False,
) -> Network:
    """Train one stack; with `keep_products` they are kept at every evaluation."""

    def metrics(params: PyTree, trajectory: Trajectory) -> dict[str, Array]:
        del trajectory
        return stacked_products(params, stack.num_layers)._asdict() if keep_products else {}

    problem = sequences.trajectory_problem(
        config.task, stack.network, stack.training, layout, metrics
    )
    return sequences.train_network(
        problem, stack.network, stack.training, seeds, layout=layout, name=name, workspace=workspace
    )


def stacked_products(params: PyTree, num_layers: int) -> Products:
    """Products of all layers, [L, H, D, D]."""
    layers = [merge(dict(params[f"layer_{index}"])) for index in range(num_layers)]
    return jax.tree.map(lambda *parts: jnp.stack(parts), *layers)


def predict_with(
    network: SequenceConfig, products: Products, trajectory: Trajectory
) -> Float[Array, "B T n"]:
    """Predictions of a linear stack that is given by its products [L, H, D, D]."""
    num_layers = products.key_query.shape[0]
    layers = [Products(*(product[layer] for product in products)) for layer in range(num_layers)]
    stream = trace_products(layers, layout(trajectory), token_clip=network.token_clip)
    return read_next_state(stream[-1], network.output_dim)


class Compressed(NamedTuple):
    """A stack of scaled identities: its numbers, and what it predicts."""

    trained: Trained
    learner: Learner


def train_compressed(config: Config, seeds: Sequence[int], workspace: Workspace) -> Compressed:
    """Train a stack that is made of scaled identities, from random numbers."""
    problem, training = compressed_problem(config), config.compressed
    trained = train(
        problem,
        training,
        seeds=seeds,
        name="compressed",
        workspace=workspace,
    )
    name = f"compressed, {config.interpolated.num_layers} layers"
    learner = sequences.parametric(
        name, lambda scales, t: _predict_compressed(config, scales, t), trained.params, seeds
    )
    return Compressed(trained, learner)


def compressed_problem(config: Config) -> Problem:
    """Train 2 * 16 numbers per head and layer on the loss of the full network."""
    network, training, task = config.interpolated.network, config.compressed, config.task

    def init(key: Key[Array, ""]) -> BlockScales:
        shape = (network.num_layers, network.num_heads, NUM_CHANNELS, NUM_CHANNELS)
        return BlockScales(
            *(_SPREAD * jax.random.normal(part, shape) for part in jax.random.split(key))
        )

    def loss(scales: BlockScales, trajectory: Trajectory) -> Array:
        predictions = _predict_compressed(config, scales, trajectory)
        return jnp.mean(sequences.position_losses(predictions, trajectory))

    return Problem(
        init=init,
        sample=lambda key: task.sample(training.batch_size, key=key),
        loss=loss,
        evaluate=lambda scales, trajectory: {"loss": loss(scales, trajectory)},
        evaluation_batch=sequences.fixed_trajectories(task, training.evaluation_size, 0),
    )


def _predict_compressed(config: Config, scales: BlockScales, trajectory: Trajectory) -> Array:
    products = compression.expand(scales, config.task.state_dim)
    return predict_with(config.interpolated.network, products, trajectory)


def algorithms() -> list[Learner]:
    """One gradient step, and Proposition 2 with and without the latest transition."""
    rates = proposition2.published_rates()
    return [
        sequences.algorithm(
            "gradient descent",
            lambda t: causal_gradient_step.predict(t.inputs, _LEARNING_RATE),
        ),
        sequences.algorithm("Proposition 2", lambda t: proposition2.predict(t.inputs, rates)),
        sequences.algorithm(
            "Proposition 2, one late", lambda t: proposition2.predict(t.inputs, rates, delay=1)
        ),
    ]
