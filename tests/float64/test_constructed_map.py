"""Stacks that know the map against the polynomial they compute, in double precision."""

import jax.numpy as jnp
import numpy as np
import pytest

from incontext.baselines import stored_map
from incontext.models import sequence
from incontext.models.constructed_map import apply_map, regress_map
from incontext.tasks import channels

SIZE, LENGTH, BATCH = 3, 7, 5


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture
def states(rng):
    """Any states: the sums telescope whatever the dynamics."""
    return jnp.asarray(rng.normal(size=(BATCH, LENGTH, SIZE)))


def run(weights, states, kind, heads):
    config = sequence.SequenceConfig(
        kinds=(kind,) * len(weights), num_heads=heads, key_size=SIZE, token_clip=None
    )
    return np.asarray(sequence.build(config, SIZE).apply(weights, channels.constructed(states)))


@pytest.mark.parametrize("rates", [(0.3,), (0.3, -0.1, 0.2)], ids=["one layer", "three layers"])
def test_a_stack_multiplies_the_map_by_a_polynomial_of_the_length(rng, states, rates):
    teacher = jnp.asarray(rng.normal(size=(SIZE, SIZE)))
    found = run(apply_map(teacher, rates), states, "linear", 2)
    expected = stored_map.predict(states, teacher, rates)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("ridge", [2.0, 1e-3])
def test_a_mesa_layer_regresses_what_the_map_makes_of_states(rng, states, ridge):
    teacher = jnp.asarray(rng.normal(size=(SIZE, SIZE)))
    found = run(regress_map(teacher, ridge), states, "mesa", 1)
    expected = stored_map.predict_ridge(states, teacher, ridge)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8)
