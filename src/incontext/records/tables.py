"""Tables to CSV and back: exact to the last bit, and the same bytes every time."""

import csv
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from incontext.errors import RecordError
from incontext.records.columns import COLUMNS
from incontext.records.types import Column

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
METRICS = {"metric": "str", "seed": "int64", "value": "float64"}

# Nine and seventeen significant digits identify a float32 and a float64; repr is the shortest
# text that does.
_WRITERS: dict[str, Callable[[Any], str]] = {
    "float32": lambda number: f"{number:.9g}",
    "float64": lambda number: repr(float(number)),
    "int64": lambda number: str(int(number)),
    "int32": lambda number: str(int(number)),
    "bool": lambda flag: "true" if flag else "false",
    "str": str,
}
_FLAGS = {"true": True, "false": False}


def dtype_name(series: pd.Series) -> str:
    """Return the name under which the column's type is recorded.

    Raises: RecordError for a type that a CSV file cannot hold exactly.
    """
    is_text = not isinstance(series.dtype, np.dtype) or series.dtype == object
    if is_text and all(isinstance(cell, str) for cell in series):
        return "str"
    name = str(series.dtype)
    if name in _WRITERS and name != "str":
        return name
    raise RecordError(
        f"column {series.name!r} has the type {name} or missing values; "
        f"use one of {', '.join(_WRITERS)} and fill or drop missing values"
    )


def describe(table: pd.DataFrame, name: str, columns: Mapping[str, Column]) -> dict[str, Any]:
    """Return the manifest's entry of a table: its rows, and each column's type and meaning.

    Raises: RecordError for an undocumented column or a cell that may not be recorded.
    """
    if not NAME.fullmatch(name):
        raise RecordError(f"table name {name!r} is not made of a-z, 0-9, _ and -; rename it")
    if table.columns.has_duplicates:
        raise RecordError(f"table {name!r} has two columns of one name; rename one of them")
    known = {**COLUMNS, **columns}
    entry: dict[str, Any] = {"rows": len(table), "columns": []}
    for label in table.columns:
        if label not in known:
            raise RecordError(
                f"column {label!r} of table {name!r} has no description; "
                "add one to Result.columns or to records/columns.py"
            )
        entry["columns"].append(_describe_column(_series(table, label), known[label]))
    check(table, name, entry)
    return entry


def _describe_column(series: pd.Series, meaning: Column) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": series.name,
        "dtype": dtype_name(series),
        "description": meaning.description,
    }
    if meaning.minimum is not None:
        entry["minimum"] = meaning.minimum
    return entry


def check(table: pd.DataFrame, name: str, entry: Mapping[str, Any]) -> None:
    """Refuse cells that no result may hold: NaN, infinity, missing text, values too small.

    Raises: RecordError naming table, column and the first row at fault.
    """
    if len(table) != entry["rows"]:
        raise RecordError(
            f"table {name!r} has {len(table)} rows where its manifest says {entry['rows']}"
        )
    for column in entry["columns"]:
        _check_column(_series(table, column["name"]), name, column)
    if name == "metrics":
        _check_metrics(table, entry)


def _check_column(series: pd.Series, table: str, column: Mapping[str, Any]) -> None:
    cells = series.to_numpy()
    if column["dtype"] == "str":
        bad = np.array([not (cell and cell.isprintable()) for cell in cells], dtype=bool)
        rule = "text of one printable line"
    elif column["dtype"] == "bool":
        return
    else:
        minimum = column.get("minimum", -math.inf)
        bad = ~np.isfinite(cells) | (cells < minimum)
        rule = "finite" if minimum == -math.inf else f"finite and at least {minimum:g}"
    if bad.any():
        row = int(np.argmax(bad))
        raise RecordError(
            f"table {table!r}, column {series.name!r}, row {row} holds {cells[row]!s}, "
            f"which is not {rule}; end a diverged curve at its last valid row"
        )


def _check_metrics(table: pd.DataFrame, entry: Mapping[str, Any]) -> None:
    found = _types(entry)
    if found != METRICS:
        raise RecordError(f"table 'metrics' has the columns {found}, but must have {METRICS}")
    twice = table.duplicated(["metric", "seed"])
    if twice.any():
        metric, seed = table.loc[twice.idxmax(), ["metric", "seed"]]
        raise RecordError(f"table 'metrics' has two rows for {metric!r}, seed {seed}; keep one")


def to_csv(table: pd.DataFrame, entry: Mapping[str, Any]) -> bytes:
    r"""Return the table as UTF-8 CSV with the line end \n and exact numbers."""
    text = {
        label: [_WRITERS[dtype](cell) for cell in table[label].to_numpy()]
        for label, dtype in _types(entry).items()
    }
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(text)
    writer.writerows(zip(*text.values(), strict=True))
    return file.getvalue().encode("utf-8")


def from_csv(content: bytes, name: str, entry: Mapping[str, Any]) -> pd.DataFrame:
    """Read a table back with the types of its manifest entry.

    Raises: RecordError if header, types, rows or values are not those of the entry.
    """
    types = _types(entry)
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))
        if not rows or rows[0] != list(types):
            raise ValueError(f"its columns are {rows[0] if rows else []}, not {list(types)}")
        wide = [number for number, row in enumerate(rows) if len(row) != len(types)]
        if wide:
            row = rows[wide[0]]
            raise ValueError(f"row {wide[0]} has {len(row)} cells, not {len(types)}")
        cells = zip(*rows[1:], strict=True) if len(rows) > 1 else [()] * len(types)
        pairs = zip(types.items(), cells, strict=True)
        columns = {label: _READERS[dtype](texts) for (label, dtype), texts in pairs}
    except (ValueError, KeyError, OverflowError, csv.Error) as error:
        raise RecordError(f"table {name!r} is not what its manifest says: {error}") from None
    table = pd.DataFrame(columns)
    check(table, name, entry)
    return table


def _read_floats(texts: Sequence[str], dtype: type) -> np.ndarray:
    with np.errstate(over="ignore"):  # what does not fit becomes infinite and is refused
        return np.array([float(text) for text in texts], np.float64).astype(dtype)


_READERS: dict[str, Callable[[Sequence[str]], Any]] = {
    "float32": lambda texts: _read_floats(texts, np.float32),
    "float64": lambda texts: _read_floats(texts, np.float64),
    "int64": lambda texts: np.array([int(text) for text in texts], np.int64),
    "int32": lambda texts: np.array([int(text) for text in texts], np.int32),
    "bool": lambda texts: np.array([_FLAGS[text] for text in texts], bool),
    "str": lambda texts: pd.Series(list(texts), dtype="str"),
}


def _series(table: pd.DataFrame, label: str) -> pd.Series:
    return cast(pd.Series, table[label])


def _types(entry: Mapping[str, Any]) -> dict[str, str]:
    types = {column["name"]: column["dtype"] for column in entry["columns"]}
    if len(types) < len(entry["columns"]):
        raise RecordError("the manifest describes a column twice")
    return types
