"""The baseline: how this training is usually written.

One seed, a Python loop over steps, one jitted call for the data and one for the update, every
prompt built on its own and mapped, separate projections for queries, keys and values, and every
token computed in every layer.  Nothing is shared with the library but the problem.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from jax import Array

N, DIM = 10, 10
MATRICES = ("query", "key", "value", "output")


def make_prompt(key: Array) -> tuple[Array, Array]:
    """Tokens [N + 1, d + 1] and target of one regression problem."""
    weight_key, context_key, query_key = jax.random.split(key, 3)
    weights = jax.random.normal(weight_key, (DIM,))
    inputs = jax.random.uniform(context_key, (N, DIM), minval=-0.5, maxval=0.5)
    query = jax.random.uniform(query_key, (1, DIM), minval=-0.5, maxval=0.5)
    context = jnp.concatenate([inputs, (inputs @ weights)[:, None]], axis=-1)
    last = jnp.concatenate([query, jnp.zeros((1, 1))], axis=-1)
    return jnp.concatenate([context, last]), (query @ weights)[0]


@functools.partial(jax.jit, static_argnums=1)
def make_batch(key: Array, batch_size: int) -> tuple:
    """A batch of prompts, one key each."""
    return jax.vmap(make_prompt)(jax.random.split(key, batch_size))


def initial_layer(key: Array) -> dict[str, Array]:
    """Small random square matrices."""
    keys = dict(zip(MATRICES, jax.random.split(key, len(MATRICES)), strict=True))
    return {name: 0.0135 * jax.random.normal(k, (DIM + 1, DIM + 1)) for name, k in keys.items()}


def predict(params: list[dict[str, Array]], tokens: Array, bound: float | None) -> Array:
    """Prediction of one prompt by layers of linear self-attention."""
    for layer in params:
        queries = tokens @ layer["query"].T
        keys = tokens[:-1] @ layer["key"].T
        values = tokens[:-1] @ layer["value"].T
        tokens = tokens + (queries @ keys.T) @ values @ layer["output"].T
        if bound is not None:
            tokens = jnp.clip(tokens, -bound, bound)
    return -tokens[-1, -1]


def make_step(num_layers: int, batch_size: int) -> tuple[Callable, Callable]:
    """`start(key)` and `step(carry, key)`, to be called from a Python loop."""
    bound = 10.0 if num_layers > 3 else None
    adam = optax.adamw(1e-3, b1=0.9, b2=0.98, weight_decay=0.0)
    optimizer = optax.chain(optax.clip_by_global_norm(10.0), adam)

    def loss(params: list[dict[str, Array]], tokens: Array, targets: Array) -> Array:
        predictions = jax.vmap(lambda prompt: predict(params, prompt, bound))(tokens)
        return 0.5 * jnp.mean((predictions - targets) ** 2)

    @jax.jit
    def update(params: list, state: tuple, batch: tuple) -> tuple:
        value, gradients = jax.value_and_grad(loss)(params, *batch)
        updates, state = optimizer.update(gradients, state, params)
        return optax.apply_updates(params, updates), state, value

    def start(key: Array) -> tuple:
        params = [initial_layer(one) for one in jax.random.split(key, num_layers)]
        return params, optimizer.init(params)

    def step(carry: tuple, key: Array) -> tuple:
        params, state, value = update(*carry, make_batch(key, batch_size))
        return (params, state), value

    return start, step
