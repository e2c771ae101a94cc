"""The mesa layer in float64: against a wider oracle, and against automatic differentiation."""

import functools

import jax
import jax.numpy as jnp
import mesa_oracle
import numpy as np
import pytest

from incontext.models.causal_product import anticausal_product, causal_product
from incontext.models.mesa import mesa_attention
from incontext.models.mesa_chunked import Chunked

METHODS = ("recursive", "solve", "cg", "chunked")


@functools.partial(jax.jit, static_argnums=0)
def outputs_and_gradient(method, problem, slopes):
    outputs, pull_back = jax.vjp(
        lambda p: mesa_attention(*p[:4], forget=p.forget, method=method), problem
    )
    return outputs, pull_back(slopes)[0]


def relative_gap(found, expected):
    """Norm of the error over norm of the expected, per batch entry and head."""
    expected = np.asarray(expected)
    axes = (1, 3) if expected.ndim == 4 else (1,) if expected.ndim == 3 else ()
    gap = np.sqrt(np.sum((np.asarray(found) - expected) ** 2, axis=axes))
    return np.max(gap / np.sqrt(np.sum(expected**2, axis=axes)))


@functools.cache
def hard_case():
    problem, slopes = mesa_oracle.hard_problem(np.float64)
    return problem, slopes, mesa_oracle.answer(problem, slopes)


@pytest.mark.parametrize("method", METHODS)
def test_hard_keys_and_extreme_ridge_scales_agree_with_a_wider_oracle(method):
    # The worst case (collinear keys at lambda = 1000) is itself conditioned so badly that one
    # rounding of the keys moves the answer by about 1e-10.
    problem, slopes, expected = hard_case()
    outputs, gradient = outputs_and_gradient(method, problem, slopes)
    assert outputs.dtype == jnp.float64
    assert relative_gap(outputs, expected.outputs) < 1e-9
    for found, wanted in zip(gradient[:4], expected.gradient[:4], strict=True):
        assert relative_gap(found, wanted) < 1e-9


def plain(problem):
    """The layer as its definition: a pair weight, a matrix and a solve for every position."""
    queries, keys, values, ridge_scale, forget = problem
    logs = jnp.cumsum(jnp.log(forget), axis=1)  # [B, T, H]
    length, size = keys.shape[1], keys.shape[3]
    past = jnp.tril(jnp.ones((length, length)))[None, :, :, None]
    weights = past * jnp.exp(past * (logs[:, :, None] - logs[:, None]))  # [B, T, S, H]
    gram = jnp.einsum("btsh,bshi,bshj->bthij", weights, keys, keys)
    penalty = (jnp.exp(logs) / ridge_scale[None, None])[..., None, None]
    gram = gram + penalty * jnp.eye(size)[None, None, None]
    solutions = jnp.linalg.solve(gram, queries[..., None])[..., 0]
    return jnp.einsum("btsh,bshi,bthi,bshe->bthe", weights, keys, solutions, values)


@pytest.mark.parametrize("method", METHODS)
def test_gradient_agrees_with_automatic_differentiation(method):
    rng = np.random.default_rng(0)
    queries, keys, values, slopes = rng.standard_normal((4, 2, 67, 3, 5))
    problem = mesa_oracle.Problem(
        queries, keys, values, rng.uniform(0.5, 2, 3), rng.uniform(0.9, 1, (2, 67, 3))
    )
    wanted_outputs, pull_back = jax.vjp(plain, problem)
    outputs, gradient = outputs_and_gradient(method, problem, slopes)
    np.testing.assert_allclose(outputs, wanted_outputs, rtol=1e-9, atol=1e-11)
    for found, wanted in zip(gradient, pull_back(slopes)[0], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-10)


def test_the_oracle_agrees_with_automatic_differentiation_and_with_least_squares():
    rng = np.random.default_rng(0)
    queries, keys, values, slopes = rng.standard_normal((4, 2, 13, 3, 5))
    ones = np.ones((2, 13, 3))
    problem = mesa_oracle.Problem(queries, keys, values, rng.uniform(0.5, 2, 3), 0.9 * ones)
    expected = mesa_oracle.answer(problem, slopes)
    _, pull_back = jax.vjp(plain, problem)
    for found, wanted in zip(expected.gradient, pull_back(slopes)[0], strict=True):
        np.testing.assert_allclose(np.asarray(found, float), wanted, rtol=1e-9, atol=1e-11)
    unforgotten = mesa_oracle.answer(problem._replace(forget=None), slopes).outputs
    by_svd = mesa_oracle.least_squares(problem)
    np.testing.assert_allclose(np.asarray(unforgotten, float), by_svd, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 5, 16, 101, 500])
def test_chunks_of_every_length_agree_with_the_oracle(chunk):
    rng = np.random.default_rng(3)
    queries, keys, values, slopes = rng.standard_normal((4, 2, 101, 3, 7))
    problem = mesa_oracle.Problem(queries, keys, values, np.array([1e-3, 1.0, 1e3]))
    assert_chunks_agree(problem, slopes, chunk, 1e-10)


@pytest.mark.parametrize(
    ("forget", "chunk", "tolerance"),
    [(0.9, 16, 1e-9), (0.7, 16, 1e-9), (0.5, 16, 1e-7), (0.5, 7, 1e-8), (0.9, 101, 1e-6)],
)
def test_chunks_that_forget_agree_with_the_oracle(forget, chunk, tolerance):
    # What is lost grows like gamma^-C and with lambda: see `mesa_chunked`.
    rng = np.random.default_rng(4)
    queries, keys, values, slopes = rng.standard_normal((4, 1, 101, 3, 7))
    gates = np.full((1, 101, 3), forget)
    problem = mesa_oracle.Problem(queries, keys, values, np.array([1e-3, 1.0, 1e2]), gates)
    assert_chunks_agree(problem, slopes, chunk, tolerance)


def assert_chunks_agree(problem, slopes, chunk, tolerance):
    expected = mesa_oracle.answer(problem, slopes)
    outputs, gradient = outputs_and_gradient(Chunked(chunk), problem, slopes)
    assert relative_gap(outputs, expected.outputs) < tolerance
    for found, wanted in zip(gradient, expected.gradient, strict=True):
        if wanted is not None:
            assert relative_gap(found, wanted) < tolerance


def test_products_over_past_and_future_are_transposes():
    keys = jax.random.split(jax.random.key(0), 4)
    queries, scorers, values = (jax.random.normal(key, (3, 131, 5)) for key in keys[:3])
    log_forget = -jax.random.uniform(keys[3], (3, 131))
    pairs = np.exp(
        np.tril(np.cumsum(log_forget, 1)[:, :, None] - np.cumsum(log_forget, 1)[:, None])
    ) * np.tril(np.ones((131, 131)))
    for weights, decay in [(np.tril(np.ones((1, 131, 131))), None), (pairs, log_forget)]:
        scores = weights * np.einsum("ntd,nsd->nts", queries, scorers)
        found = causal_product(queries, scorers, values, decay)
        np.testing.assert_allclose(found, scores @ values, rtol=1e-10, atol=1e-11)
        scores = np.swapaxes(weights, 1, 2) * np.einsum("ntd,nsd->nts", queries, scorers)
        found = anticausal_product(queries, scorers, values, decay)
        np.testing.assert_allclose(found, scores @ values, rtol=1e-10, atol=1e-11)
