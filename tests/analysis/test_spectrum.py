"""The spectrum map against matrices, and GD++ against its polynomial."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis import spectrum
from incontext.analysis.alignment import sensitivity
from incontext.baselines import gdpp
from incontext.tasks.regression import LinearRegression

TASK = LinearRegression(num_context=13, input_dim=5)
PROMPT = TASK.sample(7, key=jax.random.key(0))
INPUTS = PROMPT.context_inputs
GAMMA = 0.31


def corrected(inputs, gamma):
    second_moment = jnp.einsum("bnd,bne->bde", inputs, inputs)
    return inputs - gamma * jnp.einsum("bnd,bde->bne", inputs, second_moment)


def test_eigenvalues_are_those_of_the_second_moment():
    matrix = np.einsum("bnd,bne->bde", INPUTS, INPUTS).astype(np.float64)
    expected = np.linalg.eigvalsh(matrix)[:, ::-1]
    np.testing.assert_allclose(spectrum.hessian_eigenvalues(INPUTS), expected, rtol=1e-4)


def test_the_map_gives_the_eigenvalues_after_a_correction():
    before = spectrum.hessian_eigenvalues(INPUTS)
    after = spectrum.hessian_eigenvalues(corrected(INPUTS, GAMMA))
    mapped = -jnp.sort(-spectrum.spectrum_map(before, GAMMA), axis=-1)
    np.testing.assert_allclose(mapped, after, rtol=2e-4)  # float32 svd of matrices that shrink


def test_mapped_eigenvalues_are_paired_with_the_old_ones():
    before = spectrum.hessian_eigenvalues(INPUTS)
    after = spectrum.mapped_eigenvalues(INPUTS, corrected(INPUTS, GAMMA))
    np.testing.assert_allclose(after, spectrum.spectrum_map(before, GAMMA), rtol=2e-4)


def test_an_untouched_input_keeps_its_spectrum():
    before = spectrum.hessian_eigenvalues(INPUTS)
    np.testing.assert_allclose(spectrum.mapped_eigenvalues(INPUTS, INPUTS), before, rtol=1e-5)


def test_condition_number_of_known_eigenvalues():
    assert float(spectrum.condition_number(jnp.asarray([2.0, 0.5, 1.0]))) == pytest.approx(4)


def test_worst_case_has_the_peak_of_the_map_on_top():
    gamma = jnp.asarray([0.1, 0.2])
    grid = jnp.linspace(0.0, 1 / 0.2, 20_001)
    found = spectrum.worst_case_condition_number(0.5, 4.0, gamma)
    for one, value in zip(gamma, found, strict=True):
        inside = spectrum.spectrum_map(grid, one)
        ends = jnp.min(spectrum.spectrum_map(jnp.asarray([0.5, 4.0]), one))
        # The grid passes the peak by less than 1e-4 of its height.
        assert float(value) == pytest.approx(float(inside[grid < 1 / one].max() / ends), rel=1e-4)


def test_worst_case_without_the_peak_is_that_of_the_ends():
    # At these curvatures f rises from the smallest to the largest eigenvalue.
    gamma = jnp.asarray([0.0, 0.01, 1 / 13])
    grid = jnp.linspace(0.5, 4.0, 20_001)
    found = spectrum.worst_case_condition_number(0.5, 4.0, gamma)
    for one, value in zip(gamma, found, strict=True):
        inside = spectrum.spectrum_map(grid, one)
        assert float(value) == pytest.approx(float(inside.max() / inside.min()), rel=1e-5)


def test_gdpp_is_a_polynomial_of_the_hessian():
    """What GD++ leaves of the teacher along each eigenvector is the residual factor."""
    steps, curvatures = [0.9, 1.7, 0.4], [0.2, 0.35, 0.1]
    rates = [TASK.num_context * step for step in steps]
    implicit = sensitivity(lambda p: gdpp.predict(p, rates, curvatures), PROMPT)[:, 0]  # [B, d]
    directions = jnp.linalg.svd(INPUTS, full_matrices=False)[2]
    teacher = jnp.linalg.solve(
        jnp.einsum("bnd,bne->bde", INPUTS, INPUTS),
        jnp.einsum("bnd,bn->bd", INPUTS, PROMPT.context_targets[..., 0])[..., None],
    )[..., 0]
    left = jnp.einsum("bid,bd->bi", directions, teacher - implicit)
    rho = spectrum.residual_factor(spectrum.hessian_eigenvalues(INPUTS), steps, curvatures)
    expected = rho * jnp.einsum("bid,bd->bi", directions, teacher)
    np.testing.assert_allclose(left, expected, atol=2e-5)


def test_the_last_curvature_changes_nothing():
    eigenvalues = spectrum.hessian_eigenvalues(INPUTS)
    first = spectrum.residual_factor(eigenvalues, [1.0, 1.0], [0.2, 0.0])
    second = spectrum.residual_factor(eigenvalues, [1.0, 1.0], [0.2, 9.0])
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "call",
    [
        lambda: spectrum.hessian_eigenvalues(INPUTS[:, :4]),
        lambda: spectrum.residual_factor(jnp.ones(3), [1.0], [0.1, 0.2]),
    ],
    ids=["fewer examples than dimensions", "a curvature too many"],
)
def test_bad_settings_are_refused(call):
    with pytest.raises(ValueError, match=r"\d.*;"):
        call()
