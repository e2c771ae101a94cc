"""An experiment of a second or two, trained by the real loop, for tests of what surrounds it."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from incontext.experiments.types import Experiment
from incontext.records.types import Result
from incontext.training import loop
from incontext.training.config import TrainingConfig
from incontext.training.optimizers import AdamConfig
from incontext.training.state import Problem


@dataclasses.dataclass(frozen=True)
class Config:
    num_steps: int = 20
    learning_rate: float = 0.1
    poison: bool = False


def problem(target):
    def loss(params, inputs):
        return 0.5 * jnp.mean((inputs @ (params["weights"] - target)) ** 2)

    return Problem(
        init=lambda key: {"weights": jax.random.normal(key, (3,))},
        sample=lambda key: jax.random.normal(key, (5, 3)),
        loss=loss,
        evaluate=lambda params, inputs: {"loss": loss(params, inputs)},
        evaluation_batch=jax.random.normal(jax.random.key(7), (11, 3)),
    )


def train(config, *, seeds, workspace):
    return seeds, {
        name: loop.train(
            problem(target),
            TrainingConfig(config.num_steps, 5, AdamConfig(1.0), evaluate_every=10),
            seeds=seeds,
            name=name,
            workspace=workspace,
            optimizer=optax.sgd(config.learning_rate),
        )
        for name, target in (("first", 1.0), ("second", -2.0))
    }


def report(config, trained):
    seeds, stages = trained
    rows = [
        (name, seed, float(trained.history["loss"][index, -1]))
        for name, trained in stages.items()
        for index, seed in enumerate(seeds)
    ]
    if config.poison:
        rows.append(("poisoned", -1, float("nan")))
    return Result(
        tables={"metrics": pd.DataFrame(rows, columns=["metric", "seed", "value"])},
        params={f"{name}/weights": np.asarray(t.params["weights"]) for name, t in stages.items()},
    )


# `incontext run` hashes the source that an experiment imports: here, that of the loop.
train.__module__ = "incontext.training.loop"

EXPERIMENT = Experiment(
    name="tiny",
    title="Two weights that are pulled towards constants",
    paper="A",
    figures=("A99",),
    presets={
        "smoke": Config(),
        "laptop": Config(num_steps=1500),
        "diverging": Config(learning_rate=1e30),
        "poisoned": Config(poison=True),
    },
    num_seeds={"smoke": 2, "laptop": 2, "diverging": 2, "poisoned": 1},
    train=train,
    report=report,
)
