"""The tables behind the figures."""

from collections.abc import Sequence

import pandas as pd

from incontext.analysis.learners import NO_SEED
from incontext.baselines import orthogonal_optimum
from incontext.experiments import sequences, tables
from incontext.experiments.mesa.config import Config, Entrant
from incontext.experiments.sequences import Learner, Network

OPTIMUM = "optimum without noise"


def curves(networks: Sequence[Network], entrants: Sequence[Entrant]) -> pd.DataFrame:
    """Loss of every network during training.  Paper B, Figures 4A and 4B (mesa)."""
    frames = [
        tables.curves(network.trained, network.seeds, entrant.name)
        for network, entrant in zip(networks, entrants, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def ridges(mesa: Network) -> pd.DataFrame:
    """Lambda of every head during training, and what it amounts to.  Not in the paper."""
    history, steps = mesa.trained.history, mesa.trained.steps
    heads = range(history["ridge"].shape[-1])
    labels = {"seed": mesa.seeds, "step": steps, "head": heads}
    table = tables.long(history["ridge_scale"], labels, value="ridge_scale")
    for name in ("ridge", "gain"):
        table[name] = history[name].reshape(-1)
    return table


def positions(config: Config, learners: Sequence[Learner]) -> pd.DataFrame:
    """Loss of every learner at every position, and the least that can be reached."""
    test = sequences.fixed_trajectories(config.task, config.test_size, 1)
    optimum = orthogonal_optimum.losses(
        config.task.state_dim, config.task.length, config.task.start_range
    )
    least = pd.DataFrame({"t": range(1, len(optimum) + 1), "loss": optimum})
    least = least.assign(model=OPTIMUM, seed=NO_SEED)
    return pd.concat([sequences.positions_table(learners, test), least], ignore_index=True)


def longer(config: Config, learners: Sequence[Learner]) -> pd.DataFrame:
    """Loss by position on sequences longer than those of training.  Not in the paper."""
    task = config.longer_task
    return sequences.positions_table(
        learners, sequences.fixed_trajectories(task, config.longer_size, 3)
    )
