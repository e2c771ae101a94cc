"""Numbers read off the products of layers whose numbers are known."""

import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis.products import implied_step, joint_product, off_diagonal_share
from incontext.models import constructed
from incontext.models.attention import Products, merge

LAYERS = constructed.curvature_corrected_steps(
    jnp.zeros((3, 5)), learning_rates=[1.4, 2.1], curvatures=[0.2, 0.3], num_context=7
)


@pytest.mark.parametrize(("index", "eta", "gamma"), [(0, 1.4, 0.2), (1, 2.1, 0.3)])
def test_a_constructed_layer_gives_back_its_numbers(index, eta, gamma):
    products = merge(LAYERS[f"layer_{index}"])
    step = implied_step(products, input_dim=5)
    assert float(step.step_size[0]) == pytest.approx(eta / 7, rel=1e-6)
    assert float(step.curvature[0]) == pytest.approx(gamma, rel=1e-6)


def test_a_factor_moved_between_the_products_changes_no_number():
    products = merge(LAYERS["layer_0"])
    moved = Products(products.key_query * 4, products.output_value / 4)
    np.testing.assert_allclose(implied_step(moved, 5), implied_step(products, 5), rtol=1e-6)
    np.testing.assert_allclose(joint_product(moved, 3), joint_product(products, 3), rtol=1e-6)


def test_joint_product_of_a_gradient_step_is_minus_its_step_size():
    joint = joint_product(merge(LAYERS["layer_0"]), output_dim=3)[0]
    expected = -0.2 * np.diag([1.0] * 5 + [0.0] * 3)
    np.testing.assert_allclose(joint, expected, atol=1e-6)


def test_off_diagonal_share():
    matrix = jnp.asarray([[2.0, -1.0], [0.5, -1.0]])
    assert float(off_diagonal_share(matrix)) == pytest.approx(0.5)
    assert float(off_diagonal_share(jnp.eye(3))) == 0
