"""Language models with softmax, linear and mesa attention, at the scale of a desk.

Paper B, Figures 26 and 27, on another text and with networks some hundred times smaller.
"""

import numpy as np
import pandas as pd

from incontext.experiments import tables
from incontext.experiments.language import claims, panels
from incontext.experiments.language.config import PRESETS, Config, family, network, slug, title
from incontext.experiments.language.model import (
    capitalised,
    counted,
    in_context_score,
    seen_before,
    surprises,
)
from incontext.experiments.types import Experiment, Roles, Wanted
from incontext.records.types import Column, Result

COLUMNS = {
    "family": Column("networks that differ in their attention only, name"),
    "perplexity": Column("exponential of the mean surprise at held-out tokens, tokens", 1),
    "score": Column("surprise late in a passage minus early, nats"),
    "surprise": Column("minus the logarithm of a token's probability, mean, nats", 0),
    "tokens_read": Column("tokens read before the prediction, mean of a stretch, count", 1),
    "word": Column("whether a capital begins the token in the middle of a sentence, name"),
    "seen": Column("what the passage said before the token, name"),
    "tokens": Column("held-out tokens of the row, count", 0),
    "token": Column("number of the token in the vocabulary", 0),
}


def trainings(config: Config) -> dict[str, Wanted]:
    """All networks; of the deep ones one seed."""
    small = {one.name: Wanted(one) for one in config.small}
    return small | {one.name: Wanted(one, at_most=1) for one in config.deep}


def report(config: Config, networks: Roles) -> Result:
    """Read the held-out addresses with every network, and count n-grams beside them."""
    passages = config.task.held_out.in_a_row(config.test_passages)
    before = seen_before(passages)
    measured = [
        panels.Measured(
            family(one),
            title(one),
            networks[one.name].seeds,
            surprises(networks[one.name], passages),
        )
        for one in config.networks
    ]
    counts = [panels.counting(*item) for item in counted(config.task, passages).items()]
    everything = [*measured, *counts]
    rows = tables.MetricRows()
    claims.add_networks(config, measured, before, rows)
    claims.add_counts(counts, before, rows)
    scores = [in_context_score(one.surprises) for one in everything]
    curves = [
        tables.curves(networks[one.name], title(one)).assign(family=family(one))
        for one in config.networks
    ]
    return Result(
        tables={
            "metrics": rows.table(),
            "curves": pd.concat(curves, ignore_index=True),
            "perplexities": panels.perplexities(everything, scores),
            "positions": panels.positions(everything),
            "seen": panels.seen(everything, before),
            "names": panels.names(everything, before, capitalised(passages)),
            "passage": panels.passage(everything, passages, len(passages) // 2),
        },
        params=_ridge_scales(config, networks),
        columns=COLUMNS,
    )


def _ridge_scales(config: Config, networks: Roles) -> dict[str, np.ndarray]:
    """Lambda of every head of every mesa layer, [S, H] each."""
    return {
        f"ridge_scale/{slug(one)}/layer_{index}": np.asarray(
            networks[one.name].params[f"layer_{index}"]["ridge_scale"]
        )
        for one in config.networks
        for index, kind in enumerate(network(one).kinds)
        if kind == "mesa"
    }


EXPERIMENT = Experiment(
    name="language",
    title="Language models with mesa layers",
    paper="B",
    figures=("B26", "Bx"),
    presets=PRESETS,
    num_seeds={"smoke": 1, "laptop": 1, "reduced": 3},
    trainings=trainings,
    report=report,
)
