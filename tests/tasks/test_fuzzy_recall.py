"""Fuzzy recall: what a text holds, and the network that reads it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.networks.fuzzy_recall import FuzzyConfig, FuzzyTraining
from incontext.networks.layouts import Numbers
from incontext.tasks.fuzzy_recall import FuzzyRecall
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig

TASK = FuzzyRecall(10, 40, 2, 60, 50)
PAD, HALF = 9, 4


def runs(tokens):
    """Pairs of a text: runs of keys (below HALF) and of values by turns."""
    found = []
    for token in tokens:
        if token == PAD:
            continue
        is_key = token < HALF
        if not found or found[-1][0] != is_key:
            found.append((is_key, []))
        found[-1][1].append(int(token))
    return [tuple(run) for _, run in found]


@pytest.mark.parametrize("task", [TASK, TASK.held_out], ids=lambda task: task.part)
def test_a_key_keeps_its_value_and_is_recalled_from_the_second_time_on(task):
    texts = task.sample(100, key=jax.random.key(0))
    assert texts.tokens.shape == (100, 41)
    sizes = set()
    for tokens, recalled in zip(np.asarray(texts.tokens), texts.recalled, strict=True):
        parts, bound, expected = runs(tokens), {}, []
        for key, value in zip(parts[::2], parts[1::2], strict=True):
            assert len(set(key)) == len(key)
            assert bound.get(key, value) == value
            expected += [False] * len(key) + [key in bound] * len(value)
            bound[key] = value
            sizes.add(len(key))
        assert expected[-1], "the last pair came before"
        assert (tokens[: -len(expected)] == PAD).all()
        np.testing.assert_array_equal(recalled[-len(expected) :], expected)
        assert not recalled[: -len(expected)].any()
    assert sizes == ({2} if task.part == "test" else {1, 2})


def test_training_and_test_texts_are_fixed_and_not_the_same():
    first, again = (set(map(bytes, np.asarray(TASK.sample(400, key=jax.random.key(n)).tokens)))
                    for n in (1, 2))  # fmt: skip
    assert first == again
    assert len(first) == 60
    test = set(map(bytes, np.asarray(TASK.held_out.sample(400, key=jax.random.key(1)).tokens)))
    assert not test & first


def test_the_network_knows_no_future():
    schedule = Schedule(20, 4, AdamConfig(1e-3), 10, 4)
    network = FuzzyConfig("delta", 1, 6, 2, 3, 5)
    made = FuzzyTraining("fuzzy", TASK, Numbers(), network, schedule).function()
    params = made.init(jax.random.key(0))
    texts = TASK.sample(2, key=jax.random.key(3))
    found = made.predict(params, texts)
    moved = texts._replace(tokens=jnp.asarray(texts.tokens).at[:, 30].set(0))
    changed = np.abs(np.asarray(found - made.predict(params, moved))).max(axis=(0, 2))
    assert changed[:30].max() < 1e-6 < 1e-4 < changed[30:].max()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"part": "x"}, "part is"), ({"motif": 8}, "motif is 8"), ({"length": 9}, "length is 9")],
)
def test_what_has_no_meaning_is_refused(changes, said):
    with pytest.raises(Refusal, match=said):
        FuzzyRecall(**changes)
