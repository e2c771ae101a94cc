"""One setting changed at a time, where text and code of paper A differ or say nothing.

Paper A, Figures 9 (right), 14 and 15.
"""

import numpy as np

from incontext.experiments import tables
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.experiments.variants import claims, panels
from incontext.experiments.variants.config import PRESETS, RECORDED, WAYS, Config
from incontext.models.transformer import layer_products
from incontext.records.types import Column, Result

CLIPS = {"layer": "clip of the text", "clipped": "clip of the code"}
COLUMNS = {
    "prediction_difference": Column(
        "mean difference of predictions from one gradient step, as outputs", 0
    ),
    "sensitivity_difference": Column(
        "mean distance of sensitivities from one gradient step, as outputs", 0
    ),
    "cosine": Column("mean cosine of sensitivities with one gradient step, ratio"),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """Two clips with all seeds, and layers behind LayerNorms."""
    found = {name: Wanted(getattr(config, name)) for name in CLIPS}
    found["norm"] = Wanted(config.norm, config.num_norm_seeds)
    found["three"] = Wanted(config.three, config.num_norm_seeds)
    found["three clipped"] = Wanted(config.three_clipped, config.num_norm_seeds)
    named = zip(WAYS, config.variants, strict=True)
    return {**found, **{way: Wanted(one, config.num_norm_seeds) for way, one in named}}


def report(config: Config, networks: Roles) -> Result:
    """Follow the loss under both clips, and measure every LayerNorm."""
    by_clip = {title: networks[name] for name, title in CLIPS.items()}
    titles = {"norm": RECORDED, **WAYS}
    norms = panels.norms(config, {title: networks[name] for name, title in titles.items()})
    rows = tables.MetricRows()
    claims.add_drops(config, by_clip, rows)
    claims.add_norms(norms, rows)
    products = layer_products(networks["three"].params)
    for name in ("three", "three clipped"):
        claims.add_three(name, networks[name], config.task.input_dim, rows)
    found = {"metrics": rows.table(), "curves": panels.curves(by_clip), "norms": norms}
    weights = {f"three/{name}": np.asarray(one) for name, one in products._asdict().items()}
    return Result(tables=found, params=weights, columns=COLUMNS)


EXPERIMENT = Experiment(
    name="variants",
    title="Settings that text and code leave open",
    paper="A",
    figures=("A9", "A14", "A15"),
    presets=PRESETS,
    num_seeds={"smoke": 2, "laptop": 3, "paper": 10},
    trainings=trainings,
    report=report,
)
