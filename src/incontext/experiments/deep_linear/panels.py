"""The panels that follow from trained stacks: positions, interpolation, probes."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from incontext.analysis import compression, probes
from incontext.baselines import proposition2
from incontext.experiments import sequences, tables
from incontext.experiments.deep_linear.config import Config
from incontext.experiments.deep_linear.model import layout, predict_with
from incontext.experiments.sequences import Learner, Network, position_losses
from incontext.models.attention import Products
from incontext.tasks.types import Trajectory
from incontext.training.devices import over_seeds
from incontext.training.loop import take_seed

PROBED_AT = (10, 20, 50)  # lengths at which the published probes are quoted


def positions(config: Config, learners: Sequence[Learner]) -> pd.DataFrame:
    """Loss of every learner at every position.  Paper B, Figure 4D."""
    test = sequences.fixed_trajectories(config.task, config.test_size, 1)
    return sequences.positions_table(learners, test)


def interpolation(config: Config, network: Network) -> pd.DataFrame:
    """Loss during training: the stack, its average with a later compression, and that.

    The paper trains a second time from the same initial weights; with the same seed that
    repeats the first training, so that its kept weights serve.  Paper B, Figure 4B.
    """
    size, steps = config.task.state_dim, network.trained.steps
    chosen = int(np.searchsorted(steps, config.compressed_at))
    trajectory = sequences.fixed_trajectories(
        config.task, config.interpolated.training.evaluation_size, 0
    )

    @jax.jit
    def losses(history: Products) -> tuple[Array, Array]:
        def loss(products: Products) -> Array:
            predictions = predict_with(network.config, products, trajectory)
            return jnp.mean(position_losses(predictions, trajectory))

        def along(products: Products) -> tuple[Array, Array]:
            final = Products(*(product[chosen] for product in products))
            fixed = compression.expand(compression.compress(final, size), size)
            averages = jax.vmap(lambda now: compression.halfway(now, fixed))(products)
            both = jax.tree.map(lambda a, b: jnp.concatenate([a, b[None]]), averages, fixed)
            found = jax.lax.map(loss, both)
            return found[:-1], jnp.broadcast_to(found[-1], found[:-1].shape)

        return over_seeds(along)(history)

    halfway, compressed = losses(
        Products(*(network.trained.history[name] for name in Products._fields))  # pyright: ignore[reportArgumentType]
    )
    curves = {
        "trained": network.trained.history["loss"],
        "interpolated": halfway,
        "compressed": compressed,
    }
    frames = [
        tables.long(values, {"seed": network.seeds, "step": steps}, value="loss").assign(model=name)
        for name, values in curves.items()
    ]
    return pd.concat(frames, ignore_index=True)[["model", "seed", "step", "loss"]]


def probe(config: Config, network: Network) -> pd.DataFrame:
    """Probes of the deepest stack, by layer and length.  Paper B, Figures 4E and 4F.

    Rows of scoring "training" are fitted and scored on the same sequences, as published.
    """
    trajectory = sequences.fixed_trajectories(config.task, config.probe_size, 2)
    wanted = jax.jit(_wanted)(trajectory)
    trace = jax.jit(lambda params: network.model.trace(params, layout(trajectory)))
    frames = []
    for index, seed in enumerate(network.seeds):
        stream = np.asarray(trace(take_seed(network.trained.params, index)))
        for target, scoring in (
            ("next state", "held out"),
            ("preconditioned input", "held out"),
            ("next state", "training"),
            ("preconditioned input", "training"),
        ):
            errors = _errors(stream, np.asarray(wanted[target]), target, scoring)  # pyright: ignore[reportArgumentType]
            axes = {"layer": range(len(errors)), "t": range(1, errors.shape[1] + 1)}
            frame = tables.long(errors, axes, value="error")
            frames.append(frame.assign(target=target, scoring=scoring, seed=seed))
    table = pd.concat(frames, ignore_index=True)
    return table[["target", "scoring", "seed", "layer", "t", "error"]]


def _wanted(trajectory: Trajectory) -> dict[str, Array]:
    rates = proposition2.published_rates()
    return {
        "next state": trajectory.targets,
        "preconditioned input": proposition2.precondition(trajectory.inputs, rates),
    }


def _errors(
    stream: np.ndarray, wanted: np.ndarray, target: str, scoring: probes.Scoring
) -> np.ndarray:
    """Errors [L + 1, T]; the published scoring uses half as many sequences, all of them twice."""
    if scoring == "training":
        half = wanted.shape[0] // 2
        stream, wanted = stream[:, :half], wanted[:half]
    select = probes.within_two_deviations if target == "preconditioned input" else None
    return probes.probe_stream(stream, wanted, scoring=scoring, select=select)
