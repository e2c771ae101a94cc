"""Shares of weights in a span: what is put in comes out, and chance is what it should be."""

import numpy as np
import pytest

from incontext.analysis.spans import powers, spanned_share


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def turn(rng):
    return np.linalg.qr(rng.normal(size=(7, 7)))[0]


def test_combinations_of_powers_are_kept_whole_and_identities_keep_their_part(turn):
    blocks = [[2.0 * np.eye(7), turn], [turn.T - 3.0 * np.eye(7), 0.0 * turn]]
    product = np.block(blocks)
    assert spanned_share(product, powers(turn, 1)) == pytest.approx(1.0)
    identity = (4.0 * 7 + np.trace(turn) ** 2 / 7 + np.trace(turn.T - 3 * np.eye(7)) ** 2 / 7) / (
        np.sum(product**2)
    )
    assert spanned_share(product, [np.eye(7)]) == pytest.approx(identity)


def test_random_weights_keep_as_many_parts_as_there_are_matrices(rng, turn):
    product = rng.normal(size=(21, 21))
    # 9 blocks of 49 entries; five of 49 on average, with a scatter of about a sixth.
    assert spanned_share(product, powers(turn, 2)) == pytest.approx(5 / 49, rel=0.5)


def test_powers_go_from_the_inverse_to_the_map(turn):
    found = powers(turn, 2)
    assert len(found) == 5
    np.testing.assert_allclose(found[0] @ turn @ turn, np.eye(7), atol=1e-12)
    np.testing.assert_allclose(found[1] @ found[3], np.eye(7), atol=1e-12)
    np.testing.assert_array_equal(found[2], np.eye(7))
    np.testing.assert_allclose(found[4], turn @ turn)


def test_a_product_without_whole_blocks_or_weights_is_refused(turn):
    for product in (np.ones((8, 8)), np.zeros((14, 14))):
        with pytest.raises(ValueError, match="give whole blocks"):
            spanned_share(product, [turn])
