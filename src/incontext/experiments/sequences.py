"""What all experiments on trajectories share: losses by position."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float

from incontext.analysis.learners import Learner
from incontext.experiments import tables
from incontext.networks.training import half_squared_error
from incontext.records.types import Column
from incontext.tasks.types import Trajectory

TEST_BATCH = 256  # test sequences that are evaluated side by side

COLUMNS = {"t": Column("number of states read before the prediction, count", 1)}


def position_losses(
    predictions: Float[Array, "*S B T n"], trajectory: Trajectory
) -> Float[Array, "*S B T"]:
    """Half the squared error at every position, 1/2 |s_hat_{t+1} - s_{t+1}|^2."""
    return half_squared_error(predictions, jnp.broadcast_to(trajectory.targets, predictions.shape))


def losses_by_position(
    learners: Sequence[Learner], trajectory: Trajectory, *, batch_size: int = TEST_BATCH
) -> list[Float[Array, "S T"]]:
    """Mean loss of every learner and seed at every position, on the same trajectories.

    Source: paper B, Figures 4C, 4D, 6C and 7, each a mean over ten batches of 256.
    """
    return [jnp.mean(losses(one, trajectory, batch_size), axis=1) for one in learners]


def losses(
    learner: Learner, trajectory: Trajectory, batch_size: int = TEST_BATCH
) -> Float[Array, "S B T"]:
    """Loss of every seed on every trajectory at every position, whole batches side by side.

    All batches but a shorter last one are of one size, for which a learner is compiled once.
    """
    states = np.asarray(trajectory.states)  # cut without compiling every cut
    starts = range(0, states.shape[0], batch_size)
    batches = [Trajectory(jnp.asarray(states[start : start + batch_size])) for start in starts]
    found = [_position_losses(learner.predict(one), one) for one in batches]
    return jnp.concatenate(found, axis=1)


_position_losses = jax.jit(position_losses)


def losses_by_model(positions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A table of positions as one table per model: a row per seed, a column per position t."""
    return {
        str(model): part.pivot(index="seed", columns="t", values="loss")
        for model, part in positions.groupby("model")
    }


def positions_table(learners: Sequence[Learner], trajectory: Trajectory) -> pd.DataFrame:
    """Losses of several learners on the same trajectories: columns model, seed, t, loss."""
    return table(learners, losses_by_position(learners, trajectory))


def table(learners: Sequence[Learner], means: Sequence[Array | np.ndarray]) -> pd.DataFrame:
    """Losses [S, T] of several learners by position: columns model, seed, t, loss."""
    frames = [
        tables.long(
            values, {"seed": learner.seeds, "t": range(1, values.shape[-1] + 1)}, value="loss"
        ).assign(model=learner.name)
        for learner, values in zip(learners, means, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)[["model", "seed", "t", "loss"]]
