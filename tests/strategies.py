"""Arbitrary tables and weights that a record may hold."""

import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from incontext.records import weights

printable = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"]), min_size=1).filter(
    str.isprintable
)


def finite(width):
    return st.floats(allow_nan=False, allow_infinity=False, width=width)


CELLS = {
    "float32": finite(32),
    "float64": finite(64),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "bool": st.booleans(),
    "str": printable,
}


@st.composite
def frames(draw):
    rows = draw(st.integers(0, 5))
    names = draw(st.lists(printable, min_size=1, max_size=4, unique=True))
    columns = {}
    for name in names:
        dtype = draw(st.sampled_from(sorted(CELLS)))
        cells = draw(st.lists(CELLS[dtype], min_size=rows, max_size=rows))
        columns[name] = pd.Series(cells, dtype=dtype)
    return pd.DataFrame(columns)


arrays = st.sampled_from(weights.DTYPES).flatmap(
    lambda dtype: npst.arrays(
        dtype,
        npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
        elements={"allow_nan": False, "allow_infinity": False} if "float" in dtype else None,
    )
)
names = st.from_regex(weights.NAME, fullmatch=True).filter(lambda name: len(name) < 100)
params = st.dictionaries(names, arrays, max_size=4)
