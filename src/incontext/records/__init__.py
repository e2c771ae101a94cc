"""Results on disk: what was measured, what made it, and whether it still is what was recorded."""

from incontext.errors import RecordError
from incontext.records.store import (
    Slot,
    load,
    load_manifest,
    load_table,
    recorded,
    reserve,
    save,
)
from incontext.records.types import Column, Manifest, Problem, Record, Result

__all__ = [
    "Column",
    "Manifest",
    "Problem",
    "Record",
    "RecordError",
    "Result",
    "Slot",
    "load",
    "load_manifest",
    "load_table",
    "recorded",
    "reserve",
    "save",
]
