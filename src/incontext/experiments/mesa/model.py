"""The trained networks, the layer reduced to two numbers per head, and least squares."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import ridges
from incontext.analysis.ridges import HeadRidges
from incontext.baselines import least_squares
from incontext.experiments import sequences
from incontext.experiments.mesa.config import Config, Entrant
from incontext.experiments.sequences import Layout, Learner, Network, position_losses
from incontext.models import constructed_mesa
from incontext.models.sequence import SequenceConfig, build
from incontext.tasks import channels
from incontext.tasks.types import Trajectory
from incontext.training.workspace import Workspace


def layout(depth: int) -> Layout:
    """Tokens (0, s_t, s_t, s_{t-1}); one layer has no use for the copy and gets (0, 0, ...)."""
    make = channels.constructed_once if depth == 1 else channels.constructed
    return lambda trajectory: make(trajectory.inputs)


def train_entrant(
    config: Config, entrant: Entrant, seeds: Sequence[int], workspace: Workspace
) -> Network:
    """Train one network; of a mesa layer, what its heads regress is kept at every evaluation."""

    def metrics(params: PyTree, trajectory: Trajectory) -> dict[str, Array]:
        del trajectory
        if entrant.kind != "mesa":
            return {}
        layer = params["layer_0"]
        found = ridges.read(layer, config.task.state_dim)
        return {"ridge_scale": layer["ridge_scale"], **found._asdict()}

    tokens = layout(entrant.depth)
    problem = sequences.trajectory_problem(
        config.task, entrant.network, entrant.training, tokens, metrics
    )
    return sequences.train_network(
        problem,
        entrant.network,
        entrant.training,
        seeds,
        layout=tokens,
        name=f"{entrant.kind}-{entrant.depth}",
        workspace=workspace,
    )


def reduced(config: Config, mesa: Network) -> Learner:
    """The trained layer rebuilt from two numbers per head."""
    found = ridges.read(mesa.trained.params["layer_0"], config.task.state_dim)
    return sequences.parametric(
        "two numbers per head",
        lambda numbers, t: predict_regressions(numbers, t.inputs),
        found,
        mesa.seeds,
    )


def predict_regressions(numbers: HeadRidges, states: Array) -> Array:
    """Predictions of a constructed mesa layer, [B, T, n]."""
    size, heads = states.shape[-1], numbers.gain.shape[0]
    network = SequenceConfig(
        4 * size, size, kinds=("mesa",), num_heads=heads, key_size=size, token_clip=None
    )
    params = constructed_mesa.ridge_regressions(numbers.gain, numbers.ridge, size)
    return build(network).apply(params, channels.constructed_once(states))


def sweep_ridges(config: Config) -> pd.DataFrame:
    """Mean loss of least squares for every candidate ridge: columns ridge, loss."""
    size = config.mesa.training.evaluation_size
    trajectory = sequences.fixed_trajectories(config.task, size, 0)

    @jax.jit
    def losses(candidates: Array) -> Array:
        def loss(ridge: Array) -> Array:
            predictions = least_squares.predict(trajectory.inputs, ridge)
            return jnp.mean(position_losses(predictions, trajectory))

        return jax.vmap(loss)(candidates)

    found = losses(jnp.asarray(config.ridges))
    return pd.DataFrame({"ridge": config.ridges, "loss": found})


def algorithms(sweep: pd.DataFrame) -> list[Learner]:
    """Least squares without a ridge, with the best one of a sweep, and as published.

    The stored curve of exact least squares behind Figure 7A leaves the latest pair out.
    """
    best = float(sweep.loc[sweep["loss"].idxmin(), "ridge"])
    return [
        sequences.algorithm("least squares", lambda t: least_squares.predict(t.inputs)),
        sequences.algorithm(
            "least squares, best ridge", lambda t: least_squares.predict(t.inputs, best)
        ),
        sequences.algorithm(
            "least squares, one late", lambda t: least_squares.predict(t.inputs, delay=1)
        ),
    ]
