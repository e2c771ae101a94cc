"""Trained weights come back from safetensors exactly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from incontext.records import weights
from incontext.records.errors import RecordError

arrays = st.sampled_from(weights.DTYPES).flatmap(
    lambda dtype: npst.arrays(
        dtype,
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
        elements={"allow_nan": False, "allow_infinity": False} if "float" in dtype else None,
    )
)
names = st.from_regex(weights.NAME, fullmatch=True).filter(lambda name: len(name) < 100)


@given(st.dictionaries(names, arrays, max_size=4))
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
