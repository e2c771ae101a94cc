"""Trained weights come back from safetensors exactly."""

import numpy as np
import pytest
from hypothesis import given
from strategies import params as weights_of_any_kind

from incontext.errors import RecordError
from incontext.records import weights


@given(weights_of_any_kind)
def test_weights_come_back_exactly(params):
    content = weights.to_bytes(params)
    back = weights.from_bytes(content)
    assert set(back) == set(params)
    for name, array in params.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)
    assert weights.to_bytes(dict(reversed(params.items()))) == content


def test_a_transposed_array_keeps_its_values():
    array = np.arange(15.0).reshape(3, 5).T
    np.testing.assert_array_equal(weights.from_bytes(weights.to_bytes({"a": array}))["a"], array)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"../w": np.ones(2)}, "form"),
        ({"/w": np.ones(2)}, "form"),
        ({"a//w": np.ones(2)}, "form"),
        ({"a/../w": np.ones(2)}, "form"),
        ({"w": np.ones(2, np.float16)}, "float16"),
        ({"w": np.array(["a"])}, "type"),
        ({"w": np.array([object()])}, "type object"),
        ({"w": np.array([1.0, np.nan])}, "NaN"),
        ({"w": np.array([1.0, np.inf])}, "infinity"),
    ],
)
def test_weights_that_no_record_may_hold_are_refused(params, said):
    with pytest.raises(RecordError, match=said):
        weights.check(params)


@pytest.mark.parametrize("content", [b"", b"x" * 40, b"\xff" * 16, b"\x80\x04K\x01."])
def test_content_that_is_no_safetensors_file_is_refused(content):
    with pytest.raises(RecordError, match="no safetensors file"):
        weights.from_bytes(content)
