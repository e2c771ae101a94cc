"""The trained layer, and the learners it is compared with."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis import compression
from incontext.baselines import causal_gradient_step
from incontext.experiments import sequences
from incontext.experiments.causal_layer.config import Config
from incontext.experiments.sequences import Learner, Network
from incontext.models.attention import Products, merge
from incontext.models.readout import read_next_state
from incontext.models.sequence import trace_products
from incontext.tasks import channels
from incontext.tasks.types import Trajectory
from incontext.training.config import TrainingConfig
from incontext.training.workspace import Workspace


def layout(trajectory: Trajectory) -> Float[Array, "B T D"]:
    """Tokens (0, 0, s_t, s_{t-1}): one layer has no use for a second copy of s_t."""
    return channels.constructed_once(trajectory.inputs)


def train_layer(
    config: Config, training: TrainingConfig, seeds: Sequence[int], name: str, workspace: Workspace
) -> Network:
    """Train one causal layer; its products are kept at every evaluation."""

    def metrics(params: PyTree, trajectory: Trajectory) -> dict[str, Array]:
        del trajectory
        return merge(dict(params["layer_0"]))._asdict()

    problem = sequences.trajectory_problem(config.task, config.network, training, layout, metrics)
    return sequences.train_network(
        problem, config.network, training, seeds, layout=layout, name=name, workspace=workspace
    )


def snapshot(network: Network, evaluation: int) -> Products:
    """Products of every seed at one evaluation, [S, H, D, D]."""
    history = network.trained.history
    return Products(*(history[name][:, evaluation] for name in Products._fields))  # pyright: ignore[reportArgumentType]


def compare(config: Config, network: Network) -> list[Learner]:
    """The trained layer, the best gradient step, and eight numbers."""
    numbers = reduce_layer(snapshot(network, -1), config.task.state_dim)
    rate = best_learning_rate(config)
    return [
        network.learner("trained"),
        sequences.algorithm(
            "gradient descent", lambda t: causal_gradient_step.predict(t.inputs, rate)
        ),
        sequences.parametric(
            "compressed",
            lambda numbers, t: compression.predict(numbers, t.inputs),
            numbers,
            network.seeds,
        ),
    ]


@functools.partial(jax.jit, static_argnums=1)
def reduce_layer(products: Products, state_dim: int) -> Array:
    """The eight numbers of a layer."""
    return compression.coefficients(compression.compress(products, state_dim))


def predict_with(config: Config, layer: Products, trajectory: Trajectory) -> Float[Array, "B T n"]:
    """Predictions of one linear layer that is given by its products."""
    stream = trace_products([layer], layout(trajectory), token_clip=config.network.token_clip)
    return read_next_state(stream[-1], config.task.state_dim)


def best_learning_rate(config: Config) -> float:
    """Learning rate of the best single step from Phi_0 = 0, in closed form on fixed sequences."""

    @jax.jit
    def rate(trajectory: Trajectory) -> Array:
        direction = causal_gradient_step.predict(trajectory.inputs, 1.0)
        return jnp.sum(direction * trajectory.targets) / jnp.sum(direction**2)

    return float(rate(sequences.fixed_trajectories(config.task, config.test_size, 0)))


def evaluation_index(steps: np.ndarray, step: int) -> int:
    """Position of a step among those at which metrics were taken."""
    return int(np.searchsorted(steps, step))
