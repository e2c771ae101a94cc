"""Losses in each world, of sequences that shrink and of those that do not, and across worlds."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.baselines import causal_gradient_step, least_squares, proposition2, stored_map
from incontext.baselines.proposition2 import Rates
from incontext.experiments import sequences, stack_probes
from incontext.experiments.mesa.config import title
from incontext.experiments.other_worlds.config import CONTRACTING, ONE_MAP, Config, depth, role
from incontext.experiments.types import Roles
from incontext.networks.training import half_squared_error
from incontext.tasks.fixed import evaluation_key, fixed_batch
from incontext.tasks.types import Trajectory

ZERO = "predicting zero"
LARGE, SMALL = "stay large", "shrink"
# Rates that the authors learned for six iterations in each world; stored results of paper B,
# Figures 11C and 12C.
RATES = {
    CONTRACTING: Rates(
        (1.00623, 3.07103, 3.46419, 2.79461, 1.87241, 0.82215),
        (0.0, 0.29591, 0.31603, 0.97457, 1.51099, 1.81575),
    ),
    ONE_MAP: Rates(
        (1.04059, 4.17507, 4.08379, 3.6817, 3.27839, 2.36999),
        (0.0, 0.62007, 0.51535, 0.87912, 1.7479, 2.52559),
    ),
}


Compared = Mapping[str, list[Learner]]  # by world


def trained(config: Config, networks: Roles) -> Compared:
    """The networks of every world, by their titles."""
    return {
        world: [networks[role(world, one)].learner(title(one)) for one in entrants]
        for world, entrants in config.worlds.items()
    }


def algorithms(config: Config, world: str) -> list[Learner]:
    """What the networks of a world are compared with."""
    rate, rates = best_rate(config, world), RATES[world]
    found = [
        learners.algorithm(ZERO, lambda t: jnp.zeros_like(t.inputs)),
        learners.algorithm(
            "gradient descent", lambda t: causal_gradient_step.predict(t.inputs, rate)
        ),
        learners.algorithm("Proposition 2", lambda t: proposition2.predict(t.inputs, rates)),
        learners.algorithm(
            "Proposition 2, one late", lambda t: proposition2.predict(t.inputs, rates, delay=1)
        ),
        learners.algorithm("least squares", lambda t: least_squares.predict(t.inputs)),
    ]
    return found + (_stored(config) if world == ONE_MAP else [])


def _stored(config: Config) -> list[Learner]:
    """Stacks that know the map, with their best rates, as deep as the trained ones."""
    task = config.task(ONE_MAP)
    teacher = task.sample_teachers(1, key=evaluation_key(0))[0]

    def learner(layers: int) -> Learner:
        rates = stored_map.best_rates(task.state_dim, layers, task.start_range)
        return learners.algorithm(
            stored_name(layers), lambda t: stored_map.predict(t.inputs, teacher, rates)
        )

    return [learner(layers) for layers in sorted({depth(one) for one in config.one_map})]


def stored_name(layers: int) -> str:
    """What tables call a stack that knows the map."""
    return f"known map, {layers} layer{'s' if layers > 1 else ''}"


@cache
def best_rate(config: Config, world: str) -> float:
    """Learning rate of the best single step from Phi_0 = 0, in closed form on fixed sequences."""

    @jax.jit
    def rate(trajectory: Trajectory) -> Array:
        direction = causal_gradient_step.predict(trajectory.inputs, 1.0)
        return jnp.sum(direction * trajectory.targets) / jnp.sum(direction**2)

    return float(rate(fixed_batch(config.task(world), config.test_size, 0)))


class Losses(NamedTuple):
    """What is compared in a world, and the losses [S, B, T] of each on the test sequences."""

    learners: list[Learner]
    values: list[np.ndarray]
    states: np.ndarray  # [B, T + 1, n]


def losses(config: Config, compared: Compared, world: str) -> Losses:
    """Losses of the networks of a world and of what they are compared with."""
    learners = [*compared[world], *algorithms(config, world)]
    test = fixed_batch(config.task(world), config.test_size, 1)
    found = [np.asarray(sequences.losses(one, test)) for one in learners]
    return Losses(learners, found, np.asarray(test.states))


def positions(found: Mapping[str, Losses]) -> pd.DataFrame:
    """Loss by position: columns world, model, seed, t, loss.  Paper B, Figures 11C and 12C."""
    frames = [
        sequences.table(one.learners, [values.mean(axis=1) for values in one.values]).assign(
            world=world
        )
        for world, one in found.items()
    ]
    table = pd.concat(frames, ignore_index=True)
    return table[["world", "model", "seed", "t", "loss"]]


def parts(found: Losses) -> pd.DataFrame:
    """Losses of contracting sequences that shrink, and of those that do not: part instead of world.

    Large are those whose last state is longer than one.  Not in the paper.
    """
    large = stays_large(found.states)
    frames = [
        sequences.table(
            found.learners, [values[:, chosen].mean(axis=1) for values in found.values]
        ).assign(part=name)
        for name, chosen in ((LARGE, large), (SMALL, ~large))
    ]
    table = pd.concat(frames, ignore_index=True)
    return table[["part", "model", "seed", "t", "loss"]]


def stays_large(states: Array | np.ndarray) -> np.ndarray:
    """Which sequences end longer than one; where states contract they should be near zero."""
    return np.linalg.norm(np.asarray(states)[:, -1], axis=-1) > 1.0


def transfers(config: Config, compared: Compared) -> pd.DataFrame:
    """Networks of every world in every world, mean over positions.  Not in the paper.

    Columns trained_in, model, seed, tested_in, loss, zero: zero is the loss of predicting zero.
    """
    rows = []
    for tested_in in compared:
        batch = fixed_batch(config.task(tested_in), config.transfer_size, 4)
        zero = float(jnp.mean(half_squared_error(jnp.zeros_like(batch.targets), batch.targets)))
        for trained_in, networks in compared.items():
            for one in networks:
                means = np.asarray(sequences.losses(one, batch)).mean(axis=(1, 2))
                rows += [
                    (trained_in, one.name, seed, tested_in, float(loss), zero)
                    for seed, loss in zip(one.seeds, means, strict=True)
                ]
    columns = ["trained_in", "model", "seed", "tested_in", "loss", "zero"]
    return pd.DataFrame(rows, columns=columns)


def probes(config: Config, networks: Roles, worlds: Iterable[str]) -> pd.DataFrame:
    """Probes of the deepest stack of each world.  Paper B, Figures 11B and 12B."""
    frames = []
    for world in worlds:
        deepest = networks[role(world, config.worlds[world][-2])]
        table = stack_probes.probe(deepest, config.probe_size, RATES[world])
        frames.append(table.assign(world=world))
    return pd.concat(frames, ignore_index=True)
