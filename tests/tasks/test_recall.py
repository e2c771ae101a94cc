"""Associative recall: what is written, what is asked, what is right."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.tasks.recall import KeyValues


def parts(task, batch):
    """Keys, values (as numbers; -1 for none) and flags of every token."""
    tokens = np.asarray(batch.tokens)
    keys, hot = tokens[..., : task.key_dim], tokens[..., task.key_dim : -1]
    values = np.where(hot.sum(-1) == 1, hot.argmax(-1), -1)
    return keys, values, tokens[..., -1]


@pytest.mark.parametrize("rebound", [False, True])
def test_every_key_is_asked_for_and_its_last_value_is_right(rebound):
    task = KeyValues(6, 5, 7, rebound=rebound)
    batch = task.sample(50, key=jax.random.key(0))
    keys, values, asks = parts(task, batch)
    np.testing.assert_array_equal(asks, np.repeat([[0] * 6 + [1] * task.num_keys], 50, axis=0))
    assert (values[:, 6:] == -1).all()
    assert set(values[:, :6].ravel()) == set(range(7))
    for b in range(50):
        for number, asked in enumerate(keys[b, 6:]):
            bound = [
                v for k, v in zip(keys[b, :6], values[b, :6], strict=True) if (k == asked).all()
            ]
            assert len(bound) == 1 + rebound
            assert batch.labels[b, number] == bound[-1]


@pytest.mark.parametrize("shared", [False, True])
def test_keys_have_length_one_and_are_as_alike_as_asked(shared):
    task = KeyValues(11, 29, correlation=0.8, shared=shared)
    keys = task.draw_keys(400, key=jax.random.key(1))
    np.testing.assert_allclose(jnp.linalg.norm(keys, axis=-1), 1, rtol=1e-5)
    inside = np.einsum("bnd,bmd->bnm", keys, keys)[:, *np.triu_indices(11, 1)]
    assert inside.mean() == pytest.approx(0.8, abs=0.02)
    across = np.einsum("bnd,bmd->bnm", keys[:200], keys[200:]).mean()
    assert across == pytest.approx(0.8 if shared else 0.0, abs=0.05)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_values": 0}, "num_values is 0"),
        ({"correlation": 1.0}, "correlation is 1.0"),
        ({"shared": True}, "no direction to share"),
        ({"num_pairs": 5, "rebound": True}, "num_pairs is 5"),
    ],
)
def test_what_has_no_meaning_is_refused(changes, said):
    with pytest.raises(Refusal, match=said):
        KeyValues(**changes)
