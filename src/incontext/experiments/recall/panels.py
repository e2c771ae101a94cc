"""The tables behind the figures about trained recall.

Shapes: S seeds, B sequences, M keys asked for, V values, N pairs, D key width.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, Int

from incontext.analysis.learners import NO_SEED
from incontext.baselines import memories
from incontext.baselines.memories import Pairs
from incontext.experiments.recall.config import TITLES, Config, task_of
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.recall import Associations, KeyValues
from incontext.training.loop import take_seed

TRAINED, GIVEN = "trained", "keys as given"
_TEST = 700  # purpose of the test's sequences

READERS: dict[str, Callable[[Pairs, Array], Array]] = {
    "linear": memories.linear_attention,
    "delta": functools.partial(memories.delta_rule, step=0.5),
    "mesa": functools.partial(memories.mesa, ridge_scale=1e3),
    "softmax": functools.partial(memories.softmax_attention, sharpness=32.0),
}
"""Closed-form memories with the settings of the chapter before; they read the keys as given."""


class Test(NamedTuple):
    """Sequences of one task with as many pairs as are ever tested, and the task they are of."""

    task: KeyValues
    tokens: Float[np.ndarray, "B T W"]
    labels: Int[np.ndarray, "B M"]

    def shortened(self, load: int) -> Associations:
        """The same sequences with fewer pairs, in as many positions.

        Positions before the first pair and after the last query neither write nor count.
        """
        asked = load * self.task.num_keys // self.task.num_pairs
        rows = np.arange(asked)
        written = np.concatenate([rows, rows + self.task.num_keys]) if self.task.rebound else rows
        tokens = np.zeros_like(self.tokens)
        tokens[..., -1] = 1.0
        first = self.task.num_pairs  # the position of the first query
        tokens[:, first - load : first] = self.tokens[:, written]
        tokens[:, first : first + asked] = self.tokens[:, first : first + asked]
        return Associations(jnp.asarray(tokens), jnp.asarray(self.labels))

    def right(self, answers: Float[np.ndarray, "B M V"], load: int) -> float:
        """Share of the keys asked for whose largest answer is that of the right value."""
        asked = load * self.task.num_keys // self.task.num_pairs
        found = np.argmax(answers[:, :asked], axis=-1)
        return float(np.mean(found == self.labels[:, :asked]))


def test(config: Config, task: KeyValues) -> Test:
    """The sequences that networks of one task are tested on."""
    longest = dataclasses.replace(task, num_pairs=max(config.loads))
    batch = fixed_batch(longest, config.test_size, _TEST)  # pyright: ignore[reportArgumentType]
    return Test(longest, np.asarray(batch.tokens), np.asarray(batch.labels))


def recall(config: Config, networks: dict[str, Networks]) -> pd.DataFrame:
    """Share of keys that lead to their value, by the number of pairs: trained, and as given."""
    rows = []
    for task in dict.fromkeys(task_of(one) for one in config.networks):
        mine = [one for one in config.networks if task_of(one) == task]
        made = test(config, mine[0].task)
        answers = {(one.network.kind, TRAINED): _trained(networks[one.name]) for one in mine}
        answers |= {(kind, GIVEN): _given(kind) for kind in READERS}
        for (kind, keys), answer in answers.items():
            for load in config.loads:
                point = {"task": TITLES[task], "kind": kind, "keys": keys, "pairs": load}
                for seed, found in answer(made, load):
                    rows.append(point | {"seed": seed, "recall": made.right(found, load)})
    return pd.DataFrame(rows)


Answer = Callable[[Test, int], Iterator[tuple[int, Float[np.ndarray, "B M V"]]]]


def _trained(networks: Networks) -> Answer:
    """What every seed's network answers; compiled once for all loads."""
    predict = jax.jit(networks.training.function().predict)

    def answer(made: Test, load: int) -> Iterator[tuple[int, Float[np.ndarray, "B M V"]]]:
        batch = made.shortened(load)
        for index, seed in enumerate(networks.seeds):
            yield seed, np.asarray(predict(take_seed(networks.params, index), batch))

    return answer


def _given(kind: str) -> Answer:
    """What a memory in closed form answers that reads keys as given, in float64."""

    def answer(made: Test, load: int) -> Iterator[tuple[int, Float[np.ndarray, "B M V"]]]:
        batch, first = made.shortened(load), made.task.num_pairs
        tokens = np.asarray(batch.tokens, np.float64)
        keys, values = tokens[..., : made.task.key_dim], tokens[..., made.task.key_dim : -1]
        known = np.arange(first) >= first - load
        with jax.enable_x64(True):
            pairs = Pairs(keys[:, :first], values[:, :first], known)  # pyright: ignore[reportArgumentType]
            yield NO_SEED, np.asarray(_reader(kind)(pairs, keys[:, first:]))

    return answer


@functools.cache
def _reader(kind: str) -> Callable[[Pairs, np.ndarray], Array]:
    return jax.jit(READERS[kind])


def likeness(config: Config, networks: dict[str, Networks]) -> pd.DataFrame:
    """How alike two keys of a sequence are, and what a query has in common with other keys.

    Columns given and projected: mean cosine of two keys, before and after the trained projection,
    values left out.  score: mean cosine of a projected query and the key of another pair, as it is
    written, with its value.
    """
    rows = []
    for one in config.networks:
        made = test(config, one.task)
        count, first, size = made.task.num_keys, made.task.num_pairs, made.task.key_dim
        written, asked = made.tokens[:, :count], made.tokens[:, first : first + count]
        bare = np.concatenate([asked[..., :-1], np.zeros_like(asked[..., -1:])], axis=-1)
        weights = networks[one.name].params
        queries, keys = (
            np.asarray(weights[f"layer_0/~stream/{name}"]["w"]) for name in ("query", "key")
        )
        for seed, query, key in zip(networks[one.name].seeds, queries, keys, strict=True):
            rows.append(
                {
                    "task": TITLES[task_of(one)],
                    "kind": one.network.kind,
                    "seed": seed,
                    "given": _cosine(asked[..., :size], asked[..., :size]),
                    "projected": _cosine(bare @ key, bare @ key),
                    "score": _cosine(asked @ query, written @ key),
                }
            )
    return pd.DataFrame(rows)


def _cosine(first: Float[np.ndarray, "B M D"], second: Float[np.ndarray, "B M D"]) -> float:
    """Mean over all pairs of different places."""
    first, second = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (first, second))
    different = ~np.eye(first.shape[1], dtype=bool)
    return float(np.einsum("bnd,bmd->bnm", first, second)[:, different].mean())


def fuzzy(config: Config, networks: dict[str, Networks]) -> pd.DataFrame:
    """Share of values asked again that are named rightly, token by token, on texts of the test."""
    rows = []
    for one in config.fuzzy:
        found, task = networks[one.name], one.task.held_out
        batch = fixed_batch(task, task.num_tests, _TEST)  # pyright: ignore[reportArgumentType]
        predict = jax.jit(found.training.function().predict)
        wanted = np.asarray(batch.recalled)
        for index, seed in enumerate(found.seeds):
            logits = np.asarray(predict(take_seed(found.params, index), batch))
            right = np.argmax(logits, axis=-1) == np.asarray(batch.targets)
            row = {"kind": one.network.kind, "seed": seed, "recall": float(right[wanted].mean())}
            rows.append(row)
    return pd.DataFrame(rows)
