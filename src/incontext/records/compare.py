"""Two results of the same networks: every number and every weight, seed by seed."""

import numpy as np
import pandas as pd

from incontext.records.types import Result

RELATIVE = 1e-3  # of a number, between machines that round differently
ABSOLUTE = 1e-5  # of numbers that are zero up to rounding


def differences(recorded: Result, again: Result) -> list[str]:
    """Sentences on what does not agree: a table, a column, a number.

    Numbers agree within one part in a thousand of the largest of their column with the same
    labels, or 1e-5.
    """
    found = [
        f"table {name} is in one of them only"
        for name in sorted(set(recorded.tables) ^ set(again.tables))
    ]
    for name in sorted(set(recorded.tables) & set(again.tables)):
        found += _in_table(name, recorded.tables[name], again.tables[name])
    for name in sorted(set(recorded.params) | set(again.params)):
        one, other = recorded.params.get(name), again.params.get(name)
        if one is None or other is None or one.shape != other.shape:
            found.append(f"weights {name} are in one of them only, or of another shape")
        elif not np.allclose(other, one, RELATIVE, ABSOLUTE):
            found.append(f"weights {name} are {RELATIVE:g} or more apart")
    return found


def _in_table(name: str, old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    if list(old.columns) != list(new.columns) or len(old) != len(new):
        return [f"table {name} has other columns or another number of rows"]
    found = []
    for column in old.columns:
        one, other = old[column].to_numpy(), new[column].to_numpy()
        if one.dtype.kind not in "fiu":
            if not np.array_equal(one.astype(str), other.astype(str)):
                found.append(f"table {name}: column {column} names other things")
            continue
        apart = np.abs(one - other)
        bad = apart > RELATIVE * np.abs(one) + ABSOLUTE
        if bad.any():
            row = int(np.argmax(np.where(bad, apart, -1)))
            found.append(
                f"table {name}, row {row + 1}, {column}: {other[row]:.6g}, recorded {one[row]:.6g}"
            )
    return found
