"""Pairs of one map, and of two."""

import jax
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.tasks.pairs import LinearPairs


def test_each_part_of_a_prompt_has_one_orthogonal_map():
    prompts = LinearPairs(3, 17, noise=0.0, switch=7).sample(2, key=jax.random.key(0))
    maps = []
    for part in (slice(0, 7), slice(7, None)):
        x, y = (np.asarray(one[1, part], np.float64) for one in prompts)
        solution = np.linalg.lstsq(x, y)[0]
        np.testing.assert_allclose(x @ solution, y, atol=1e-5)
        np.testing.assert_allclose(solution @ solution.T, np.eye(3), atol=1e-5)
        maps.append(solution)
    assert np.abs(maps[0] - maps[1]).max() > 0.1


def test_inputs_fill_their_range_and_noise_has_its_size():
    quiet, noisy = (LinearPairs(5, 40, n).sample(500, key=jax.random.key(1)) for n in (0.0, 0.3))
    assert float(np.abs(quiet.inputs).max()) <= 1.0
    assert float(quiet.inputs.var()) == pytest.approx(1 / 3, rel=0.02)
    assert float((noisy.outputs - quiet.outputs).std()) == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("wrong", [{"dim": 0}, {"noise": -1.0}, {"switch": 60}, {"switch": 0}])
def test_settings_that_make_no_prompt_are_refused(wrong):
    with pytest.raises(Refusal, match=next(iter(wrong))):
        LinearPairs(**wrong)
