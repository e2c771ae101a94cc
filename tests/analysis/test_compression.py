import jax
import numpy as np
import pytest

from incontext.analysis import compression
from incontext.models.attention import Products
from incontext.models.sequence import trace_products
from incontext.tasks import channels

SIZE, HEADS = 3, 2


@pytest.fixture
def products():
    keys = jax.random.split(jax.random.key(3))
    shape = (HEADS, 4 * SIZE, 4 * SIZE)
    return Products(*(jax.random.normal(key, shape) for key in keys))


def test_compressing_is_a_projection(products):
    scales = compression.compress(products, SIZE)
    assert scales.key_query.shape == (HEADS, 4, 4)
    again = compression.compress(compression.expand(scales, SIZE), SIZE)
    np.testing.assert_allclose(again.key_query, scales.key_query, rtol=1e-6)
    rest = products.output_value - compression.expand(scales, SIZE).output_value
    inner = np.sum(rest * compression.expand(scales, SIZE).output_value)
    assert abs(inner) < 1e-4 * np.sum(products.output_value**2)


def test_the_share_kept_is_one_for_scaled_identities_and_small_for_noise(products):
    scaled = compression.expand(compression.compress(products, SIZE), SIZE)
    np.testing.assert_allclose(compression.kept_share(scaled, SIZE), 1.0, rtol=1e-6)
    assert np.max(np.asarray(compression.kept_share(products, SIZE))) < 0.5


def test_eight_numbers_predict_what_the_layer_predicts(products):
    scales = compression.compress(products, SIZE)
    states = jax.random.normal(jax.random.key(4), (5, 7, SIZE))
    layer = compression.expand(scales, SIZE)
    stream = trace_products([layer], channels.constructed_once(states))
    formula = compression.predict(compression.coefficients(scales), states)
    np.testing.assert_allclose(stream[-1][..., :SIZE], formula, rtol=1e-4, atol=1e-4)


def test_half_way_is_the_average(products):
    other = compression.expand(compression.compress(products, SIZE), SIZE)
    middle = compression.halfway(products, other)
    expected = (products.key_query + other.key_query) / 2
    np.testing.assert_allclose(middle.key_query, expected, rtol=1e-6)


def test_a_width_that_no_block_divides_is_refused(products):
    with pytest.raises(ValueError, match="width 12"):
        compression.compress(products, 5)
