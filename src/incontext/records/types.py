"""What an experiment returns and what is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

SCHEMA_VERSION = 3


class Column(NamedTuple):
    """What a column means: a description that ends with its unit, and the least value allowed."""

    description: str
    minimum: float | None = None


@dataclass(frozen=True)
class Result:
    """Everything that one run of an experiment measured.

    tables: tidy tables by name. Every result has "metrics" with the columns metric, seed, value:
        one row for each number that a claim refers to and each training seed (-1: no seed).
    params: trained weights by flat name such as "trained/layer_0/query", leading axis = seed.
    columns: the meaning of columns that `records.columns.COLUMNS` does not know.
    """

    tables: Mapping[str, pd.DataFrame]
    params: Mapping[str, np.ndarray] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """Where a result comes from, and the checksums of its files.

    The fields from `files` on are filled in when the record is written. Version 1 has no
    sources, version 2 no networks.
    """

    experiment: str
    preset: str
    config: Mapping[str, Any]
    config_hash: str  # sha256 of the canonical JSON of config
    seeds: tuple[int, ...]
    versions: Mapping[str, str]
    device: Mapping[str, Any]  # platform, kind, count
    cpu: str
    precision: str
    git: Mapping[str, Any]  # commit, dirty
    started: str  # UTC, ISO 8601
    wall_seconds: float
    source_hash: str  # sha256 of the canonical JSON of sources
    sources: Mapping[str, str] = field(default_factory=dict)  # source file -> sha256; see source.py
    networks: Mapping[str, str] = field(default_factory=dict)  # folder/seed-n -> its checksum
    files: Mapping[str, str] = field(default_factory=dict)  # file name -> sha256
    tables: Mapping[str, Any] = field(default_factory=dict)  # name -> rows and columns
    checksum: str = ""  # sha256 of the manifest without this field
    schema_version: int = SCHEMA_VERSION


@dataclass(frozen=True)
class Record:
    """A result as it was read back, and its manifest."""

    result: Result
    manifest: Manifest


class Problem(NamedTuple):
    """Something that is wrong under data/: which file, and why in one clause."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"
