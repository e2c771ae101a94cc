"""An experiment of a second or two, of real trainings, for tests of what surrounds them."""

import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.experiments.types import Experiment, Wanted
from incontext.models.transformer import TransformerConfig
from incontext.networks import learnables
from incontext.networks.layouts import Together
from incontext.networks.training import Training, log_spaced
from incontext.records.types import Result
from incontext.tasks.types import Prompt
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig


def scattered(key, *shape):
    """Numbers between -1 and 1 that a key decides, compiled faster than those of jax.random."""
    bits = jax.random.key_data(key)[-1] + jnp.arange(math.prod(shape), dtype=jnp.uint32)
    for factor in (0x7FEB352D, 0x846CA68B):
        bits = (bits ^ (bits >> 16)) * jnp.uint32(factor)
    return (bits >> 8).reshape(shape) * 2.0**-23 - 1.0


@dataclasses.dataclass(frozen=True)
class Plane:
    """Points near one plane, y = slope * (x_0 + x_1 + ...) + noise."""

    slope: float = 1.0
    dim: int = 3

    def __post_init__(self):
        if self.dim < 1:
            raise ValueError(f"dim is {self.dim}; it must be at least 1.")

    def sample(self, batch_size, *, key):
        numbers = scattered(key, batch_size, self.dim + 1)
        inputs, noise = numbers[:, 1:], numbers[:, :1]
        targets = self.slope * inputs.sum(axis=1, keepdims=True) + 0.1 * noise
        return Prompt(inputs[:, None], targets[:, None], inputs, targets)


@dataclasses.dataclass(frozen=True)
class Weights(TransformerConfig):
    """One weight per input."""


@learnables.function.register
def _(network: Weights, task, layout):
    del network, layout
    return learnables.Function(
        lambda key: {"layer": {"weights": scattered(key, task.dim, 1)}},
        lambda params, batch: jnp.dot(batch.query_inputs, params["layer"]["weights"]),
    )


SCHEDULE = Schedule(20, 5, AdamConfig(0.01), evaluate_every=10, evaluation_size=101)


@dataclasses.dataclass(frozen=True)
class Config:
    task: Plane = Plane()
    schedule: Schedule = SCHEDULE
    poison: bool = False


def config(num_steps=20, learning_rate=0.01, **more):
    optimizer = AdamConfig(learning_rate)
    schedule = dataclasses.replace(SCHEDULE, num_steps=num_steps, optimizer=optimizer)
    return Config(schedule=schedule, **more)


def trainings(config):
    """The same network on two tasks."""
    tasks = {"first": config.task, "second": Plane(-2.0, config.task.dim)}
    return {
        name: Wanted(
            Training(
                f"tiny-{name}",
                task,
                Together(),
                Weights(),
                config.schedule,
                log_spaced(config.schedule, 2),
            )
        )
        for name, task in tasks.items()
    }


def report(config, networks):
    rows = [
        (name, seed, float(losses[-1]))
        for name, one in networks.items()
        for seed, losses in zip(one.seeds, one.losses, strict=True)
    ]
    if config.poison:
        rows.append(("poisoned", -1, float("nan")))
    params = {
        f"{name}/weights": np.asarray(one.params["layer"]["weights"])
        for name, one in networks.items()
    }
    return Result({"metrics": pd.DataFrame(rows, columns=["metric", "seed", "value"])}, params)


# `incontext report` hashes the source that an experiment imports: here, that of the loop.
report.__module__ = "incontext.training.loop"

EXPERIMENT = Experiment(
    name="tiny",
    title="Planes that are fitted",
    paper="A",
    figures=("A99",),
    presets={
        "smoke": Config(),
        "laptop": config(600),
        "paper": config(30),
        "diverging": config(learning_rate=1e30),
        "poisoned": Config(poison=True),
    },
    num_seeds={"smoke": 2, "laptop": 2, "paper": 3, "diverging": 2, "poisoned": 1},
    trainings=trainings,
    report=report,
)
