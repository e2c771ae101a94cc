"""The tables behind the figures."""

from collections.abc import Sequence

import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis.learners import NO_SEED, Learner
from incontext.analysis.ridges import read as heads_as_ridges
from incontext.baselines import orthogonal_optimum
from incontext.experiments import sequences, tables
from incontext.experiments.mesa.config import Config, title
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch

OPTIMUM = "optimum without noise"


def curves(networks: Sequence[Networks]) -> pd.DataFrame:
    """Loss of every network during training.  Paper B, Figures 4A and 4B (mesa)."""
    frames = [tables.curves(one, title(one.training)) for one in networks]
    return pd.concat(frames, ignore_index=True)


def ridges(config: Config, mesa: Networks) -> pd.DataFrame:
    """Lambda of every head during training, and what it amounts to.  Not in the paper."""

    def measure(params: PyTree) -> dict[str, Array]:
        layer = params["layer_0"]
        found = heads_as_ridges(layer, config.task.state_dim)
        return {"ridge_scale": layer["ridge_scale"], **found._asdict()}

    history = mesa.along(measure)
    heads = range(history["ridge"].shape[-1])
    labels = {"seed": mesa.seeds, "step": mesa.kept_steps, "head": heads}
    table = tables.long(history["ridge_scale"], labels, value="ridge_scale")
    for name in ("ridge", "gain"):
        table[name] = history[name].reshape(-1)
    return table


def positions(config: Config, learners: Sequence[Learner]) -> pd.DataFrame:
    """Loss of every learner at every position, and the least that can be reached."""
    test = fixed_batch(config.task, config.test_size, 1)
    optimum = orthogonal_optimum.losses(
        config.task.state_dim, config.task.length, config.task.start_range
    )
    least = pd.DataFrame({"t": range(1, len(optimum) + 1), "loss": optimum})
    least = least.assign(model=OPTIMUM, seed=NO_SEED)
    return pd.concat([sequences.positions_table(learners, test), least], ignore_index=True)


def longer(config: Config, learners: Sequence[Learner]) -> pd.DataFrame:
    """Loss by position on sequences longer than those of training.  Not in the paper."""
    task = config.longer_task
    return sequences.positions_table(learners, fixed_batch(task, config.longer_size, 3))
