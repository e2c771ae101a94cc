"""Results and manifests to record in tests."""

from dataclasses import replace

import numpy as np
import pandas as pd

from incontext.provenance import hash_json
from incontext.records.provenance import PACKAGES
from incontext.records.types import Column, Manifest, Result

CONFIG = {"class": "Config", "learning_rate": 0.1, "sizes": [2, 3, 5]}
SOURCES = {"incontext/tasks/types.py": "0" * 64}
MANIFEST = Manifest(
    experiment="tiny",
    preset="smoke",
    config=CONFIG,
    config_hash=hash_json(CONFIG),
    seeds=(0, 1, 2),
    versions=dict.fromkeys(("python", *PACKAGES), "1.2.3"),
    device={"platform": "cpu", "kind": "cpu", "count": 1},
    cpu="some processor, 2 cores",
    precision="float32, matrix products highest",
    git={"commit": None, "dirty": None},
    started="2024-02-29T23:59:59Z",
    wall_seconds=1.25,
    source_hash=hash_json(SOURCES),
    sources=SOURCES,
)


def manifest(**changes):
    """The sample manifest with some fields changed; hashes follow config and sources."""
    for field, name in (("config", "config_hash"), ("sources", "source_hash")):
        if field in changes:
            changes.setdefault(name, hash_json(changes[field]))
    return replace(MANIFEST, **changes)


def metrics(values):
    """A metrics table from {metric: values of seeds 0, 1, ...}; a float has no seed."""
    rows = []
    for metric, found in values.items():
        seeded = isinstance(found, list | tuple)
        for seed, value in enumerate(found) if seeded else [(-1, found)]:
            rows.append((metric, seed, float(value)))
    return pd.DataFrame(rows, columns=["metric", "seed", "value"])


def result(**tables):
    """A small result with every type of column, plus the tables given."""
    curve = pd.DataFrame(
        {
            "step": np.array([0, 10, 20], np.int64),
            "model": ["trained", 'größer, "quoted"', "NA"],
            "loss": np.array([0.1, 1 / 3, 1e-40], np.float32),
            "value": np.array([0.1, 1 / 3, 5e-324], np.float64),
            "kept": [True, False, True],
        }
    )
    given = {"metrics": metrics({"loss": [0.25, 0.5, 0.125], "formula": 1 / 3}), "curve": curve}
    params = {
        "trained/layer_0/query": np.arange(6, dtype=np.float32).reshape(3, 2) / 7,
        "trained/layer_0/value": np.array([1.0, 2.0, 3.0]),
    }
    return Result(given | tables, params, {"kept": Column("whether the row is kept, yes or no")})
