"""Dynamics: what the states obey, and the first loss that follows from it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import least_squares
from incontext.tasks.dynamics import (
    ContractingDynamics,
    FixedDynamics,
    LinearDynamics,
    NonlinearDynamics,
    PartialObservation,
)

TASKS = {
    "orthogonal": LinearDynamics(5, 13),
    "contracting": ContractingDynamics(5, 13),
    "fixed": FixedDynamics(5, 13),
    "nonlinear": NonlinearDynamics(5, 13),
    "partial": PartialObservation(LinearDynamics(7, 13), observed_dim=5),
}
each_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)


@each_task
def test_shapes_and_repeatability(task):
    first, again, other = (task.sample(3, key=jax.random.key(seed)).states for seed in (0, 0, 1))
    assert first.shape == (3, 14, 5)
    assert first.dtype == jnp.float32
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


@each_task
def test_sequences_of_a_batch_differ(task):
    states = np.asarray(task.sample(2, key=jax.random.key(0)).states)
    assert np.abs(states[0] - states[1]).max() > 0.01


def test_inputs_and_targets_are_shifted_states():
    trajectory = TASKS["orthogonal"].sample(3, key=jax.random.key(0))
    np.testing.assert_array_equal(trajectory.inputs[:, 1:], trajectory.targets[:, :-1])
    assert trajectory.inputs.shape == (3, 13, 5)


def teacher_of(task, seed=0):
    """Least-squares map of each noise-free sequence, from states alone."""
    trajectory = task.sample(11, key=jax.random.key(seed))
    return np.asarray(least_squares.fit(trajectory.inputs, trajectory.targets))


def test_orthogonal_teachers_keep_lengths():
    task = LinearDynamics(5, 13, noise=0.0)
    states = np.asarray(task.sample(11, key=jax.random.key(0)).states)
    lengths = np.linalg.norm(states, axis=-1)
    np.testing.assert_allclose(lengths, lengths[:, :1] * np.ones(14), rtol=1e-5)
    teachers = teacher_of(task)
    products = np.einsum("bij,bkj->bik", teachers, teachers)
    # Fitted in float32 from thirteen transitions, some nearly dependent.
    np.testing.assert_allclose(products, np.tile(np.eye(5), (11, 1, 1)), atol=2e-2)
    assert np.abs(teachers[0] - teachers[1]).max() > 0.1


def test_haar_teachers_have_no_preferred_direction():
    teachers = LinearDynamics(5).sample_teachers(4000, key=jax.random.key(0))
    # Haar: E W = 0 and E W_ij^2 = 1/n; four standard errors of 4000 draws.
    np.testing.assert_allclose(
        jnp.mean(teachers, 0), np.zeros((5, 5)), atol=4 * np.sqrt(0.2 / 4000)
    )
    np.testing.assert_allclose(jnp.mean(teachers**2, 0), np.full((5, 5), 0.2), atol=0.02)
    signs = jnp.linalg.det(teachers)
    assert 0.45 < float(jnp.mean(signs > 0)) < 0.55


def test_contracting_teachers_have_the_stated_eigenvalues():
    teachers = ContractingDynamics(5).sample_teachers(101, key=jax.random.key(0))
    # A random basis may be conditioned badly, so eigenvalues come back to three digits.
    values = np.linalg.eigvals(np.asarray(teachers, np.float64))
    largest = np.abs(values).max(axis=1)
    assert np.median(np.abs(largest - 0.9)) < 1e-4
    middle = np.sort(np.abs(values), axis=1)[:, :-1]
    assert np.quantile(middle, 0.02) > 0.29
    assert np.quantile(middle, 0.98) < 0.91


def test_contracting_states_stay_within_two_and_use_the_bound():
    states = ContractingDynamics().sample(257, key=jax.random.key(0)).states
    assert float(jnp.abs(states).max()) == 2.0


def test_fixed_teacher_is_shared_by_sequences_and_batches():
    first, second = (teacher_of(FixedDynamics(5, 13, noise=0.0), seed) for seed in (0, 1))
    np.testing.assert_allclose(first, np.tile(second[:1], (11, 1, 1)), atol=2e-2)
    other = teacher_of(FixedDynamics(5, 13, noise=0.0, teacher_seed=7))
    assert np.abs(first[0] - other[0]).max() > 0.1


def test_nonlinear_states_are_linear_in_the_features():
    task = NonlinearDynamics(5, 31, noise=0.0)
    trajectory = task.sample(3, key=jax.random.key(0))
    features = jax.vmap(task.features)(trajectory.inputs)
    np.testing.assert_allclose(jnp.linalg.norm(features, axis=-1), np.ones((3, 31)), rtol=1e-5)
    weights = least_squares.fit(features, trajectory.targets)
    explained = jnp.einsum("bij,btj->bti", weights, features)
    np.testing.assert_allclose(explained, trajectory.targets, atol=1e-3)
    linear = least_squares.fit(trajectory.inputs, trajectory.targets)
    missed = jnp.einsum("bij,btj->bti", linear, trajectory.inputs) - trajectory.targets
    assert float(jnp.abs(missed).max()) > 0.05


def test_partial_observation_has_the_rank_of_the_readout():
    task = PartialObservation(LinearDynamics(3, 17, noise=0.0), observed_dim=5, noise=0.0)
    states = task.sample(2, key=jax.random.key(0)).states
    sizes = np.linalg.svd(np.asarray(states), compute_uv=False)
    assert np.all(sizes[:, 3:] < 1e-5 * sizes[:, :1])


def test_noise_has_the_stated_standard_deviation():
    quiet, loud = (
        LinearDynamics(5, 1, noise=noise).sample(4000, key=jax.random.key(0)).states[:, 1]
        for noise in (0.0, 0.1)
    )
    np.testing.assert_allclose(jnp.std(loud - quiet), 0.1, rtol=0.02)


# Loss of predicting zero at t = 1, half the expected square of s_2; paper B, stored curves at
# t = 1: 1.675 (Figure 4C), 3.988 (Figure 11), 0.5005 (Figure 7C), 3.087 (Figure 7B).
FIRST_LOSSES = [
    (LinearDynamics(), 1.675),
    (FixedDynamics(), 1.675),
    (ContractingDynamics(), 3.988),
    (NonlinearDynamics(), 0.5005),
    (PartialObservation(), 3.087),
]


@pytest.mark.parametrize(("task", "published"), FIRST_LOSSES, ids=lambda v: type(v).__name__)
def test_first_loss_is_the_published_one(task, published):
    targets = task.sample(2560, key=jax.random.key(3)).targets[:, 0]
    # 5 %: the contracting case varies by 17 % over a batch of 256 in the stored curves.
    np.testing.assert_allclose(jnp.mean(jnp.sum(targets**2, axis=-1)) / 2, published, rtol=0.05)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: LinearDynamics(state_dim=0), "state_dim is 0; it must be at least 1"),
        (lambda: ContractingDynamics(length=0), "length is 0; it must be at least 1"),
        (lambda: LinearDynamics(noise=-0.1), "noise is -0.1; it must be finite"),
        (lambda: FixedDynamics(noise=float("nan")), "noise is nan; it must be finite"),
        (lambda: NonlinearDynamics(hidden_dim=0), "hidden_dim is 0; it must be at least 1"),
        (lambda: PartialObservation(observed_dim=0), "observed_dim is 0"),
        (lambda: PartialObservation(readout_std=-1.0), "readout_std is -1.0"),
    ],
)
def test_impossible_settings_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        wrong()


def test_the_hidden_network_is_that_of_numpy():
    """gelu(s A) B with the entries of its seeds; gelu by its tanh formula, as JAX's default."""
    task = NonlinearDynamics(5, 13, hidden_dim=7)
    states = np.random.default_rng(0).normal(size=(3, 5))
    draws = [
        np.asarray(jax.random.normal(jax.random.key(seed), shape), np.float64)
        for seed, shape in ((421, (5, 7)), (422, (7, 5)))
    ]
    inward = 1.1 * states @ draws[0]
    curve = np.tanh(np.sqrt(2 / np.pi) * (inward + 0.044715 * inward**3))
    expected = 1.1 * (0.5 * inward * (1 + curve)) @ draws[1]
    found = task.hidden_network(jnp.asarray(states, jnp.float32))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(
        task.features(jnp.asarray(states, jnp.float32)), expected / lengths, rtol=1e-4, atol=1e-5
    )
