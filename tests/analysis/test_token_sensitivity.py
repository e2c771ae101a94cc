"""Sensitivities, knock-outs and kernels of layers whose answers are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis import influence
from incontext.analysis.token_sensitivity import (
    Head,
    next_token,
    previous_token,
    summarise,
    token_sensitivity,
)
from incontext.models.attention import Products, attend, merge
from incontext.models.copying import copy_then_descend, free_positions
from incontext.tasks.layout import interleave
from incontext.tasks.regression import LinearRegression

PROMPT = LinearRegression(num_context=3, input_dim=2).sample(11, key=jax.random.key(0))
TOKENS = interleave(PROMPT, free_positions(3, 1))
COPY = Head(merge(copy_then_descend(3, 2, 1, 1.0)["layer_0"]), "linear", 1.0)
INTACT = jnp.zeros((7, 6), bool)


def test_doubling_every_token_is_sensitive_to_the_own_token_only():
    found = token_sensitivity(lambda tokens: 2 * tokens, TOKENS, 2)
    np.testing.assert_allclose(found, 2 * np.sqrt(2) * np.eye(7), atol=1e-6)


def test_the_derivative_is_averaged_before_its_length_is_taken():
    signs = jnp.where(jnp.arange(11) % 2 == 0, 1.0, -1.0)[:10, None, None]
    found = token_sensitivity(lambda tokens: signs * tokens, TOKENS[:10], 2)
    np.testing.assert_allclose(found, 0, atol=1e-6)


def test_a_copying_layer_depends_on_the_own_and_the_next_token():
    layer = COPY.without(INTACT)
    found = summarise(token_sensitivity(lambda t: layer(t, t[:, :-1]), TOKENS, 2))
    assert float(found.own) == pytest.approx(np.sqrt(2), rel=1e-5)
    assert float(found.next) == pytest.approx(1.0, rel=1e-5)
    assert float(found.other) == pytest.approx(0.0, abs=1e-6)


def test_an_intact_head_is_the_layer_itself():
    expected = TOKENS + attend(COPY.products, TOKENS, TOKENS[:, :-1])
    np.testing.assert_allclose(COPY.without(INTACT)(TOKENS, TOKENS[:, :-1]), expected, atol=1e-6)


def test_knocking_out_the_next_token_leaves_the_mean_target_only():
    after = COPY.without(next_token(7))(TOKENS, TOKENS[:, :-1])
    mean = np.broadcast_to(PROMPT.context_targets.mean(axis=0), (11, 3, 1))
    np.testing.assert_allclose(after[:, 0:6:2, -1:], mean, atol=1e-6)


def test_knocking_out_the_previous_token_does_nothing_to_a_copying_head():
    context = TOKENS[:, :-1]
    after = COPY.without(previous_token(7))(TOKENS, context)
    np.testing.assert_allclose(after, COPY.without(INTACT)(TOKENS, context), atol=1e-6)


def test_next_and_previous_are_neighbours_and_the_query_is_no_context():
    assert np.argwhere(next_token(5)).tolist() == [[0, 1], [1, 2], [2, 3]]
    assert np.argwhere(previous_token(5)).tolist() == [[1, 0], [2, 1], [3, 2], [4, 3]]


def test_the_kernel_of_a_gradient_step_is_the_inner_product():
    step = jnp.diag(jnp.array([0.0, 0.0, -0.3]))
    products = Products(jnp.diag(jnp.array([1.0, 1.0, 0.0]))[None], step[None])
    inputs, queries = PROMPT.context_inputs[0], PROMPT.query_inputs[:5]
    found = influence.kernel(lambda tokens: tokens, products, inputs, queries)
    np.testing.assert_allclose(found, 0.3 * inputs @ queries.T, atol=1e-6)


def test_contributions_add_up_to_the_update_of_the_query():
    products = Products(*jax.random.normal(jax.random.key(1), (2, 1, 3, 3)))
    inputs, targets = PROMPT.context_inputs[0], PROMPT.context_targets[0]
    each = influence.contributions(lambda t: t, products, inputs, targets, PROMPT.query_inputs[:1])
    context = jnp.concatenate([inputs, targets], axis=-1)[None]
    query = jnp.append(PROMPT.query_inputs[0], 0.0)[None, None]
    update = attend(products, query, context)[0, 0, -1:]
    np.testing.assert_allclose(each.sum(axis=0)[0], -update, rtol=1e-5)


def test_features_explain_their_own_products_and_nothing_orthogonal():
    rows = jax.random.normal(jax.random.key(2), (7, 2))
    columns = jax.random.normal(jax.random.key(3), (11, 2))
    inside = rows @ jnp.array([[1.0, 2.0], [0.0, -1.0]]) @ columns.T
    assert float(influence.explained_share(inside, rows, columns)) == pytest.approx(1, rel=1e-5)
    basis = jnp.linalg.qr(jnp.concatenate([rows, jnp.eye(7)[:, :3]], axis=1))[0]
    outside = basis[:, 4:5] @ columns[:, :1].T
    share = float(influence.explained_share(outside, rows, columns))
    assert share == pytest.approx(0, abs=1e-6)
