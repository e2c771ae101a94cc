"""Tables come back from CSV exactly, and cells that no result may hold are refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from strategies import frames

from incontext.errors import RecordError
from incontext.records import tables
from incontext.records.types import Column


def describe(frame, name="table"):
    return tables.describe(frame, name, {label: Column("some column, unit") for label in frame})


@given(frames())
def test_a_table_comes_back_exactly(frame):
    entry = describe(frame)
    content = tables.to_csv(frame, entry)
    back = tables.from_csv(content, "table", entry)
    pd.testing.assert_frame_equal(back, frame, check_exact=True, check_index_type=False)
    assert tables.to_csv(back, entry) == content


@given(npst.arrays(np.uint32, 7, elements=st.integers(0, 2**32 - 1)))
def test_every_finite_float32_keeps_its_bits(bits):
    numbers = bits.view(np.float32)
    frame = pd.DataFrame({"value": numbers[np.isfinite(numbers)]})
    back = tables.from_csv(tables.to_csv(frame, describe(frame)), "table", describe(frame))
    kept = back["value"].to_numpy().view(np.uint32)
    np.testing.assert_array_equal(kept, frame["value"].to_numpy().view(np.uint32))


@pytest.mark.parametrize(
    ("column", "cells", "said"),
    [
        ("value", [1.0, float("nan")], "row 1 holds nan"),
        ("value", [float("inf"), 1.0], "row 0 holds inf"),
        ("loss", [0.5, -0.5], "at least 0"),
        ("step", [0, -1], "at least 0"),
        ("model", ["", "a"], "one printable line"),
        ("model", ["two\nlines", "a"], "one printable line"),
        ("model", ["a", None], "missing values"),
        ("step", pd.array([1, None], dtype="Int64"), "missing values"),
        ("value", [1j, 2j], "complex128"),
        ("value", np.array([1, 2], np.float16), "float16"),
        ("undocumented", [1, 2], "no description"),
    ],
)
def test_a_cell_that_no_result_may_hold_is_refused(column, cells, said):
    with pytest.raises(RecordError, match=said):
        tables.describe(pd.DataFrame({column: cells}), "curve", {})


@pytest.mark.parametrize("name", ["../curve", "/curve", "", "Curve", "a b", "a\n", ".hidden"])
def test_a_table_name_that_could_lead_elsewhere_is_refused(name):
    with pytest.raises(RecordError, match="rename it"):
        tables.describe(pd.DataFrame({"step": [1]}), name, {})


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"metric": ["a"], "value": [1.0]}), "must have"),
        (pd.DataFrame({"metric": ["a"], "seed": [0], "value": [1]}), "must have"),
        (pd.DataFrame({"metric": ["a", "a"], "seed": [0, 0], "value": [1.0, 2.0]}), "two rows"),
        (pd.DataFrame({"metric": ["a"], "seed": [-2], "value": [1.0]}), "at least -1"),
    ],
)
def test_a_metrics_table_of_another_form_is_refused(frame, said):
    with pytest.raises(RecordError, match=said):
        tables.describe(frame, "metrics", {})


def test_two_columns_of_one_name_are_refused():
    frame = pd.DataFrame([[1, 2]], columns=["step", "step"])
    with pytest.raises(RecordError, match="two columns"):
        tables.describe(frame, "curve", {})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"step\n",
        b"step,loss\n1,2.0\n",
        b"step\n1\n2\n3\n",
        b"step\n1\n2.5\n",
        b"step\n1\n\n",
        b"step\n1\nmany\n",
        b"step\n1\n99999999999999999999\n",
        b"step\n1\n2,3\n",
        b"step\n1\n2\n,\n",
        b"step\n1\n\xff\n",
        b"step\n1\n-2\n",
    ],
)
def test_a_file_that_is_not_what_its_manifest_says_is_refused(content):
    entry = describe(pd.DataFrame({"step": [1, 2]}))
    entry["columns"][0]["minimum"] = 0
    with pytest.raises(RecordError):
        tables.from_csv(content, "curve", entry)


def test_a_row_of_another_width_is_named():
    entry = describe(pd.DataFrame({"step": [1, 2]}))
    with pytest.raises(RecordError, match="row 2 has 2 cells, not 1"):
        tables.from_csv(b"step\n1\n2,3\n", "curve", entry)
