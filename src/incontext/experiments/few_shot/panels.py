"""Losses by pair, of networks and of the regressions that explain them."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.baselines import prompt_ridge
from incontext.experiments import tables
from incontext.experiments.few_shot.config import Config
from incontext.experiments.sequences import TEST_BATCH
from incontext.experiments.types import Roles
from incontext.models import few_shot, sequence
from incontext.models.sequence import SequenceConfig
from incontext.networks.training import half_squared_error
from incontext.records.types import Column
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.pairs import LinearPairs
from incontext.tasks.types import Pairs

COLUMNS = {
    "pair": Column("pairs given before the question, count", 0),
    "tasks": Column("tasks in one prompt, count", 1),
}
TRANSITIONS = "ridge, every token to the next"
TRANSITIONS_EOS = "ridge, every token to the next, EOS"
TRANSITIONS_PUBLISHED = "published ridge, every token to the next"
PAIRS = "ridge, pairs only"


def prompted(config: Config, networks: Roles) -> list[Learner]:
    """Every network with every prompt: pairs alone, with EOS, with EOS and prefix."""
    found = []
    for reader in config.readers:
        for prompt in reader.parts:
            one = networks[role(reader.name, prompt)]
            network = one.training.network
            assert isinstance(network, SequenceConfig)
            apply = sequence.build(network, config.dim).apply

            def predict(params: PyTree, pairs: Pairs, apply=apply) -> Array:  # noqa: ANN001
                return few_shot.answer(apply, params, pairs)

            name = f"{reader.name}, {prompt}"
            found.append(learners.network(name, predict, one.params, one.seeds))
    return found


def role(reader: str, prompt: str) -> str:
    """The part that a network plays."""
    return f"{reader}, {prompt}"


def regressions(config: Config, networks: Roles) -> list[Learner]:
    """Ridge on all that follows each other, the same with the tuned EOS, and on pairs alone."""
    ridge = config.ridge

    def every(tokens: Array, pairs: Pairs, *, eos: bool, ridge: float = ridge) -> Array:
        found = prompt_ridge.on_transitions(tokens, ridge)
        return few_shot.at_inputs(found, pairs.inputs.shape[1], eos=eos)

    tuned = networks[role(config.readers[0].name, "EOS")]
    separators = tuned.params[few_shot.PROMPT][few_shot.EOS]
    return [
        learners.algorithm(TRANSITIONS, lambda p: every(few_shot.prompt_tokens(p), p, eos=False)),
        learners.network(
            TRANSITIONS_EOS,
            lambda eos, p: every(few_shot.prompt_tokens(p, eos), p, eos=True),
            separators,
            tuned.seeds,
        ),
        learners.algorithm(
            TRANSITIONS_PUBLISHED,
            lambda p: every(few_shot.prompt_tokens(p), p, eos=False, ridge=config.published_ridge),
        ),
        learners.algorithm(PAIRS, lambda p: prompt_ridge.on_pairs(p.inputs, p.outputs, ridge)),
    ]


def losses(config: Config, compared: Sequence[Learner]) -> pd.DataFrame:
    """Half the squared error of every answer: columns tasks, model, seed, pair, loss.

    Paper B, Figures 8 and 18.
    """
    frames = []
    for count, task in ((1, config.task), (2, config.two_tasks)):
        for learner, values in zip(compared, _means(config, task, compared), strict=True):
            axes = {"seed": learner.seeds, "pair": range(config.num_pairs)}
            frame = tables.long(values, axes, value="loss")
            frames.append(frame.assign(model=learner.name, tasks=count))
    table = pd.concat(frames, ignore_index=True)
    return table[["tasks", "model", "seed", "pair", "loss"]]


def _means(config: Config, task: LinearPairs, compared: Sequence[Learner]) -> list[Array]:
    """Mean loss [S, N] of every learner on the same prompts, in batches."""
    prompts = task.sample(config.test_size, key=evaluation_key(1))
    size = min(TEST_BATCH, config.test_size)

    @jax.jit
    def means(prompts: Pairs) -> list[Array]:
        def one(batch: Pairs) -> list[Array]:
            return [
                jnp.mean(half_squared_error(found, jnp.broadcast_to(batch.targets, found.shape)), 1)
                for found in (learner.predict(batch) for learner in compared)
            ]

        batches = jax.tree.map(lambda leaf: leaf.reshape(-1, size, *leaf.shape[1:]), prompts)
        return [jnp.mean(values, axis=0) for values in jax.lax.map(one, batches)]

    return means(prompts)
