"""Blocks cover the batch exactly and differ from each other."""

import jax
import numpy as np
import pytest

from incontext.tasks.blocks import block_size, draw_in_blocks
from incontext.tasks.regression import LinearRegression


@pytest.mark.parametrize(
    ("batch", "numbers"), [(2048, 120), (2048, 2600), (10_000, 120), (7, 10**9)]
)
def test_blocks_divide_the_batch_and_fit(batch, numbers):
    size = block_size(batch, numbers)
    assert batch % size == 0
    assert size == 1 or size * numbers <= 2**18


def test_blocks_come_in_order_with_a_key_each():
    key = jax.random.key(0)

    def draw(size, block_key):
        return {"x": jax.random.normal(block_key, (size, 3))}

    drawn = draw_in_blocks(draw, 12, numbers_each=2**16, key=key)["x"]  # three blocks of four
    expected = [
        jax.random.normal(one, (4, 3)) for one in jax.random.split(jax.random.clone(key), 3)
    ]
    np.testing.assert_array_equal(drawn, np.concatenate(expected))
    assert len(np.unique(np.asarray(drawn))) == 36


def test_every_prompt_of_a_blocked_batch_has_its_own_function():
    task = LinearRegression(50, 50)
    assert block_size(256, 2600) < 256
    prompt = task.sample(256, key=jax.random.key(1))
    weights = np.linalg.solve(prompt.context_inputs, prompt.context_targets)[..., 0]
    np.testing.assert_allclose(
        np.einsum("bd,bd->b", weights, prompt.query_inputs),
        prompt.query_targets[:, 0],
        atol=0.05,  # 50 x 50 random systems in float32, condition numbers of several hundred
    )
    assert len(np.unique(weights[:, 0].round(4))) > 250
