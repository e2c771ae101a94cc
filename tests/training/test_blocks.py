"""Gradients in blocks of tasks are those of the whole batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.training import blocks


def hidden_layer(params, inputs):
    """A mean over tasks whose largest array has 16 numbers per task."""
    return jnp.mean(jnp.tanh(inputs["x"] @ params) ** 2) + jnp.mean(inputs["shift"])


def example(num_tasks, dtype=np.float32):
    params = np.linspace(-1, 1, 6 * 16, dtype=dtype).reshape(6, 16)
    draw = np.random.default_rng(0).standard_normal((num_tasks, 7)).astype(dtype)
    return params, {"x": draw[:, :6], "shift": draw[:, 6]}


@pytest.mark.parametrize(
    ("num_tasks", "tasks_per_block", "count"),
    [(32, 32, 1), (32, 16, 2), (32, 10, 4), (24, 1, 8), (7, 1, 1), (32, 0.1, 32)],
)
def test_blocks_are_as_few_as_fit_and_divide_the_batch(
    monkeypatch, num_tasks, tasks_per_block, count
):
    params, batch = example(num_tasks)
    monkeypatch.setattr(blocks, "CACHED_BYTES", tasks_per_block * 16 * 4)
    assert blocks.num_blocks(hidden_layer, params, batch) == count


def test_an_accelerator_takes_the_whole_batch(monkeypatch):
    monkeypatch.setattr(blocks, "CACHED_BYTES", 1)
    assert blocks.num_blocks(hidden_layer, *example(32)) == 32
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert blocks.num_blocks(hidden_layer, *example(32)) == 1


def test_what_is_made_inside_loops_and_custom_derivatives_counts():
    def loss(params, inputs):
        def step(total, row):
            return total + jnp.sum(jax.nn.relu(jnp.outer(row, jnp.ones(1000)))), None

        return jax.lax.scan(step, jnp.sum(params), inputs)[0]

    traced = jax.make_jaxpr(loss)(jnp.ones(2), jnp.ones((3, 5)))
    assert blocks.largest_bytes(traced.jaxpr) == 5 * 1000 * 4


def test_loss_and_gradient_are_those_of_the_batch_in_float64(monkeypatch):
    with jax.enable_x64(True):
        params, batch = example(48, np.float64)
        whole = jax.value_and_grad(hidden_layer)(params, batch)
        monkeypatch.setattr(blocks, "CACHED_BYTES", 6 * 16 * 8)
        assert blocks.num_blocks(hidden_layer, params, batch) == 8
        found = jax.jit(lambda p, b: blocks.value_and_grad(hidden_layer, p, b))(params, batch)
    np.testing.assert_allclose(found[0], whole[0], rtol=1e-14)
    np.testing.assert_allclose(found[1], whole[1], rtol=1e-12)
