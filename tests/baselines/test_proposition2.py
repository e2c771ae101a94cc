import jax
import numpy as np

from incontext.baselines import causal_gradient_step, proposition2


def states():
    return jax.random.normal(jax.random.key(6), (3, 7, 2))


def test_many_plain_iterations_invert_the_moments():
    given = np.asarray(states())
    rates = proposition2.Rates([1.0] * 90, [0.0] * 90)
    found = np.asarray(jax.jit(lambda s: proposition2.precondition(s, rates, ridge=3.0))(given))
    for t in (0, 3, 6):
        moments = np.einsum("bti,btj->bij", given[:, :t], given[:, :t]) + 3.0 * np.eye(2)
        expected = np.linalg.solve(moments, given[:, t, :, None])[..., 0]
        np.testing.assert_allclose(found[:, t], expected, rtol=1e-3, atol=1e-4)


def test_no_iteration_is_a_gradient_step_with_a_normalised_rate():
    given = states()
    found = np.asarray(proposition2.predict(given, proposition2.Rates([], [])))[:, 1:]
    step = np.asarray(causal_gradient_step.predict(given, 1.0))[:, 1:]
    lengths = np.linalg.norm(found, axis=-1) * np.linalg.norm(step, axis=-1)
    np.testing.assert_allclose(np.sum(found * step, axis=-1), lengths, rtol=1e-5)


def test_a_delay_forgets_the_latest_transition():
    rates = proposition2.published_rates()
    given = states().at[:, -1].set(states()[:, -2])  # the last query asks again what was asked
    late = proposition2.predict(given, rates, delay=1)
    full = proposition2.predict(given, rates)
    np.testing.assert_array_equal(late[:, :2], 0.0)  # nothing seen: at t = 1, and late at t = 2
    np.testing.assert_allclose(late[:, -1], full[:, -2], rtol=1e-4, atol=1e-5)
    assert np.abs(late[:, -1] - full[:, -1]).max() > 1e-3
