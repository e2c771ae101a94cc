"""The mesa layer against least squares, in float32 (float64: tests/float64/test_mesa.py)."""

import functools

import haiku as hk
import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import jaxtyping
import mesa_oracle
import numpy as np
import pytest

from incontext.models import mesa, mesa_chunked, mesa_solvers
from incontext.models.attention import attention_weights
from incontext.models.initialization import Gaussian

METHODS = ("recursive", "solve", "cg", "chunked")


@functools.partial(jax.jit, static_argnums=0)
def layer(method, problem):
    return mesa.mesa_attention(*problem[:4], forget=problem.forget, method=method)


@functools.partial(jax.jit, static_argnums=0)
def outputs_and_gradient(method, problem, slopes):
    outputs, pull_back = jax.vjp(functools.partial(layer, method), problem)
    return outputs, pull_back(slopes)[0]


def random_problem(shape, seed=0, values_width=None):
    """Keys, queries and values of `shape` [B, T, H, D], lambda around 1, and output slopes."""
    rng = np.random.default_rng(seed)
    *rest, size = shape
    arrays = rng.standard_normal((2, *shape)).astype(np.float32)
    values, slopes = rng.standard_normal((2, *rest, values_width or size)).astype(np.float32)
    ridge_scale = rng.uniform(0.5, 2.0, shape[2]).astype(np.float32)
    problem = mesa_oracle.Problem(*arrays, values, ridge_scale)
    return jax.tree.map(jnp.asarray, problem), jnp.asarray(slopes)


@functools.cache
def hard_case():
    problem, slopes = mesa_oracle.hard_problem(np.float32)
    return problem, slopes, mesa_oracle.answer(problem, slopes)


def assert_close(found, expected, rtol):
    """Every element; the absolute part covers elements that cancel to nearly zero."""
    expected = np.asarray(expected, np.float64)
    scale = np.max(np.abs(expected), axis=-1, keepdims=True)
    error = np.abs(np.asarray(found, np.float64) - expected)
    assert np.all(error <= rtol * np.abs(expected) + 1e-7 * scale), np.max(error / scale)


@pytest.mark.parametrize("method", METHODS)
def test_hard_keys_and_extreme_ridge_scales_agree_with_the_oracle(method):
    # Float32 in and out; rounding the result alone costs 6e-8.
    problem, slopes, expected = hard_case()
    outputs, gradient = outputs_and_gradient(method, problem, slopes)
    assert outputs.dtype == jnp.float32
    assert_close(outputs, expected.outputs, rtol=1e-4)
    for found, wanted in zip(gradient[:4], expected.gradient[:4], strict=True):
        assert found.dtype == jnp.float32
        assert_close(found, wanted, rtol=1e-3)


@hypothesis.settings(max_examples=12, deadline=None, phases=[hypothesis.Phase.generate])
@hypothesis.given(
    batch=st.integers(1, 3),
    length=st.sampled_from([1, 2, 16, 17, 64, 65, 131]),  # one position to nine chunks of time
    heads=st.integers(1, 3),
    size=st.integers(1, 7),
    method=st.sampled_from(METHODS),
)
def test_any_shape_agrees_with_least_squares(batch, length, heads, size, method):
    problem, _ = random_problem((batch, length, heads, size), values_width=5)
    outputs = layer(method, problem)
    assert outputs.shape == problem.values.shape
    assert_close(outputs, mesa_oracle.least_squares(problem), rtol=1e-4)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("length", [1, 5], ids=["one position", "fewer positions than keys"])
def test_short_sequences(method, length):
    problem, slopes = random_problem((2, length, 3, 7))
    outputs, gradient = outputs_and_gradient(method, problem, slopes)
    expected = mesa_oracle.answer(problem, slopes)
    assert_close(outputs, expected.outputs, rtol=1e-4)
    assert_close(gradient.keys, expected.gradient.keys, rtol=1e-3)


def test_batch_axes_are_optional_and_any_number():
    problem, _ = random_problem((6, 11, 2, 3))
    expected = mesa.mesa_attention(*problem[:4])
    for batch in [(2, 3), (1, 6)]:
        arrays = (a.reshape(*batch, *a.shape[1:]) for a in problem[:3])
        nested = mesa.mesa_attention(*arrays, problem.ridge_scale)
        np.testing.assert_allclose(nested.reshape(expected.shape), expected, rtol=1e-6)
    single = mesa.mesa_attention(*(a[0] for a in problem[:3]), problem.ridge_scale)
    np.testing.assert_allclose(single, expected[0], rtol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_future_does_not_reach_the_past(method):
    problem, slopes = random_problem((2, 97, 3, 5))
    present = 70  # inside the second chunk of time
    moved = problem._replace(
        **{
            name: array.at[:, present:].add(1.0)
            for name, array in zip(problem._fields[:3], problem[:3], strict=True)
        }
    )
    before, _ = outputs_and_gradient(method, problem, slopes)
    after, _ = outputs_and_gradient(method, moved, slopes)
    np.testing.assert_allclose(before[:, :present], after[:, :present], rtol=1e-6)
    assert np.all(np.abs(before[:, present] - after[:, present]).max(axis=-1) > 1e-3)

    _, gradient = outputs_and_gradient(method, problem, slopes.at[:, present:].set(0.0))
    for slope in gradient[:3]:
        assert np.all(np.asarray(slope)[:, present:] == 0)
        assert np.all(np.abs(np.asarray(slope)[:, 0]).max(axis=-1) > 0)


@pytest.mark.parametrize("method", METHODS)
def test_vanishing_ridge_scale_is_linear_attention(method):
    # (G + I / lambda)^{-1} = lambda I - lambda^2 G + ..., so the relative gap is lambda |G|.
    problem, _ = random_problem((2, 29, 3, 5))
    tiny = jnp.full(3, 1e-7)
    found = layer(method, problem._replace(ridge_scale=tiny)) / tiny[0]
    logits = jnp.einsum("bthd,bshd->bhts", problem.queries, problem.keys)
    weights = attention_weights(logits, "linear", causal=True)
    linear = jnp.einsum("bhts,bshe->bthe", weights, problem.values)
    gap = np.linalg.norm(found - linear) / np.linalg.norm(linear)
    assert gap < 1e-4, gap
    larger = layer(method, problem._replace(ridge_scale=tiny + 1))
    assert np.linalg.norm(larger - linear) / np.linalg.norm(linear) > 0.1


@pytest.mark.parametrize("method", METHODS)
def test_forgetting_agrees_with_the_oracle(method):
    problem, slopes = random_problem((2, 101, 3, 7))
    rng = np.random.default_rng(1)
    forget = jnp.asarray(rng.uniform(0.85, 1.0, (2, 101, 3)), jnp.float32)
    problem = problem._replace(forget=forget)
    outputs, gradient = outputs_and_gradient(method, problem, slopes)
    expected = mesa_oracle.answer(problem, slopes)
    assert_close(outputs, expected.outputs, rtol=1e-4)
    for found, wanted in zip(gradient, expected.gradient, strict=True):
        assert_close(found, wanted, rtol=1e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("spanned", [1, 2], ids=["keys on a line", "keys in a plane"])
def test_a_regression_that_forgetting_makes_singular_is_nan_and_never_wrong(method, spanned):
    # Small whole numbers, so that the keys leave their line or plane by no rounding.
    rng = np.random.default_rng(2)
    directions = np.array([[1, 2, -3], [2, -1, 1]])[:spanned]
    keys = rng.integers(1, 4, (1, 79, 1, spanned)) @ directions
    queries, values = rng.standard_normal((2, 1, 79, 1, 3))
    arrays = (queries, keys, values, np.ones(1), np.full((1, 79, 1), 0.5))
    problem = mesa_oracle.Problem(*(np.asarray(array, np.float32) for array in arrays))
    known = 50  # later not even the oracle has digits left
    first = jax.tree.map(lambda a: a[:, :known] if a.ndim > 1 else a, problem)
    expected = mesa_oracle.answer(first, np.ones_like(first.values)).outputs[0, :, 0]
    found = np.asarray(layer(method, problem))[0, :, 0]
    finite = np.isfinite(found).all(axis=-1)
    assert finite[:28].all()
    assert not finite[known:].any()
    error = np.linalg.norm(found[:known] - expected, axis=-1) / np.linalg.norm(expected, axis=-1)
    assert np.all(error[finite[:known]] < 1e-3)


@pytest.mark.parametrize("method", METHODS)
def test_keys_that_keep_visiting_every_direction_may_be_forgotten_forever(method):
    problem, _ = random_problem((2, 211, 1, 3))
    long = layer(method, problem._replace(forget=jnp.full((2, 211, 1), 0.7)))
    late = jax.tree.map(lambda a: a[:, 150:] if a.ndim > 1 else a, problem)
    short = layer(method, late._replace(forget=jnp.full((2, 61, 1), 0.7)))
    # What lies 30 or more positions back counts 0.7^30 = 2e-5 at most; so does the penalty.
    np.testing.assert_allclose(long[:, 195:], short[:, 45:], rtol=1e-2, atol=1e-3)


def test_where_chunks_lose_their_digits_they_are_nan():
    problem, _ = random_problem((1, 13, 1, 3))  # one chunk
    spread = mesa_chunked.LARGEST_SPREAD
    largest = jnp.max(jnp.sum(problem.keys**2, axis=-1)) * problem.ridge_scale[0]
    scale = jnp.sqrt(spread / largest)
    for factor, is_finite in ((0.9, True), (1.1, False)):
        found = layer("chunked", problem._replace(keys=factor * scale * problem.keys))
        assert bool(jnp.isfinite(found[:, -1]).all()) == is_finite


def test_forget_of_one_changes_nothing_and_broadcasts():
    problem, _ = random_problem((2, 23, 3, 5))
    plain = mesa.mesa_attention(*problem[:4])
    ones = mesa.mesa_attention(*problem[:4], forget=jnp.ones((1, 23, 1)))
    np.testing.assert_allclose(ones, plain, rtol=1e-6)
    less = mesa.mesa_attention(*problem[:4], forget=jnp.full((3,), 0.7))
    assert np.max(np.abs(less - plain)) > 1e-2


def test_few_conjugate_gradient_steps_are_worse_than_many():
    problem, _ = random_problem((2, 53, 3, 11))
    exact = mesa_oracle.least_squares(problem)

    def gap(*stopping_rule):
        found = layer(mesa_solvers.ConjugateGradient(*stopping_rule), problem)
        return np.linalg.norm(np.asarray(found) - exact) / np.linalg.norm(exact)

    assert gap(1, 0.0) > 1.5 * gap(3, 0.0)
    assert gap(22, 0.0) < 1e-6
    assert gap(22, 0.0) < gap(400, 0.1) < gap(1, 0.0)


@pytest.mark.parametrize("method", METHODS)
def test_float64_inside_survives_every_order_of_transformations(method):
    # Where JAX narrowed the products, these keys cost five digits.
    problem, slopes = mesa_oracle.hard_problem(np.float32, length=67, size=5)
    problem = jax.tree.map(jnp.asarray, problem)
    slopes = jnp.asarray(slopes)
    seeds = jax.tree.map(lambda array: jnp.stack([array, 1.5 * array]), problem)

    def gradient(problem):
        return outputs_and_gradient(method, problem, slopes)[1]

    def twice(problem):
        found = jax.lax.scan(lambda p, _: (p, gradient(p)), problem, None, length=2)[1]
        return jax.tree.map(lambda array: array[1], found)

    @jax.jit
    def total(seeds):
        outputs = jax.vmap(jax.checkpoint(functools.partial(layer, method)))(seeds)
        return jnp.sum(outputs * slopes[None])

    alone = [gradient(jax.tree.map(lambda array, s=s: array[s], seeds)) for s in range(2)]
    for found in (
        jax.vmap(gradient)(seeds),
        jax.jit(jax.vmap(twice))(seeds),
        jax.grad(total)(seeds),
    ):
        for name in problem._fields[:4]:
            wanted = np.stack([getattr(one, name) for one in alone])
            np.testing.assert_allclose(getattr(found, name), wanted, rtol=1e-5, atol=1e-30)


def test_recursive_memory_is_linear_in_time_without_a_matrix_per_position():
    def peak(length):
        problem, slopes = random_problem((1, length, 1, 41))
        lowered = outputs_and_gradient.lower("recursive", problem, slopes)
        return lowered.compile().memory_analysis().temp_size_in_bytes

    short, long = peak(512), peak(2048)
    assert long < 5 * short
    assert long < 2048 * 41**2 * 8  # one float64 matrix per position


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_ridge_scale_out_of_range_is_refused(bad):
    problem, _ = random_problem((1, 3, 2, 5))
    ridge_scale = jnp.array([1.0, bad])
    with pytest.raises(ValueError, match=r"ridge_scale holds .* positive and finite"):
        mesa.mesa_attention(*problem[:3], ridge_scale)


@pytest.mark.parametrize("bad", [0.0, -0.5, 1.5, np.nan])
def test_forget_out_of_range_is_refused(bad):
    problem, _ = random_problem((1, 3, 2, 5))
    with pytest.raises(ValueError, match=r"forget holds .* at most 1"):
        mesa.mesa_attention(*problem[:4], forget=jnp.array([1.0, bad]))


@pytest.fixture
def _no_shape_annotations():
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.mark.usefixtures("_no_shape_annotations")  # they would answer before the library does
def test_misfits_are_refused():
    problem, _ = random_problem((1, 3, 2, 5))
    queries, keys, values, ridge_scale = problem[:4]
    with pytest.raises(ValueError, match="must share"):
        mesa.mesa_attention(queries, keys[:, :2], values, ridge_scale)
    with pytest.raises(ValueError, match="one number per head"):
        mesa.mesa_attention(queries, keys, values, ridge_scale[:1])
    with pytest.raises(ValueError, match="every axis needs an element"):
        mesa.mesa_attention(queries[:, :0], keys[:, :0], values[:, :0], ridge_scale)
    with pytest.raises(ValueError, match="use 'recursive', 'solve', 'cg'"):
        mesa.mesa_attention(queries, keys, values, ridge_scale, method="neumann")
    with pytest.raises(ValueError, match="chunk is 0; it must be at least 1"):
        mesa.mesa_attention(*problem[:4], method="chunked", chunk=0)
    with pytest.raises(ValueError, match="chunk is 4 and method 'solve'; only 'chunked'"):
        mesa.mesa_attention(*problem[:4], method="solve", chunk=4)
    with pytest.raises(ValueError, match="max_iterations is 0"):
        mesa_solvers.ConjugateGradient(0)
    with pytest.raises(ValueError, match="tolerance is nan"):
        mesa_solvers.ConjugateGradient(tolerance=float("nan"))


@pytest.fixture
def module():
    def layer(tokens, addresses=None):
        return mesa.MesaAttention(3, 5, Gaussian(0.3), name="mesa")(tokens, addresses)

    return hk.without_apply_rng(hk.transform(layer))


def test_module_parameters(module):
    params = module.init(jax.random.key(0), jnp.ones((2, 13, 7)))
    shapes = {name: leaf.shape for name, leaf in params["mesa"].items()}
    inward = (3, 5, 7)
    assert shapes == {
        "query": inward,
        "key": inward,
        "value": inward,
        "output": (3, 7, 5),
        "ridge_scale": (3,),
    }
    np.testing.assert_array_equal(params["mesa"]["ridge_scale"], 1.0)


def test_module_is_regression_between_projections(module):
    tokens = jax.random.normal(jax.random.key(1), (2, 13, 7))
    params = module.init(jax.random.key(0), tokens)
    weights = {name: np.asarray(leaf) for name, leaf in params["mesa"].items()}
    queries, keys, values = (
        np.einsum("btw,hkw->bthk", tokens, weights[name]) for name in ("query", "key", "value")
    )
    problem = mesa_oracle.Problem(queries, keys, values, weights["ridge_scale"])
    expected = np.einsum("bthk,hwk->btw", mesa_oracle.least_squares(problem), weights["output"])
    # Projections in float32 round keys and queries to about 1e-7 before the regression.
    np.testing.assert_allclose(module.apply(params, tokens), expected, rtol=1e-3, atol=1e-6)


def test_addresses_serve_queries_and_keys_only(module):
    first, second = jax.random.normal(jax.random.key(1), (2, 2, 13, 7))
    params = module.init(jax.random.key(0), first)
    plain, addressed = module.apply(params, first), module.apply(params, first, first)
    np.testing.assert_array_equal(plain, addressed)
    mixed = module.apply(params, 2 * first, second)
    np.testing.assert_allclose(mixed, 2 * module.apply(params, first, second), rtol=1e-5)


def test_module_refuses_no_heads():
    for heads, size in [(0, 5), (5, 0)]:
        with pytest.raises(ValueError, match="must be at least 1"):
            hk.transform(
                lambda x, h=heads, s=size: mesa.MesaAttention(h, s, Gaussian(1.0))(x)
            ).init(jax.random.key(0), jnp.ones((1, 2, 3)))
