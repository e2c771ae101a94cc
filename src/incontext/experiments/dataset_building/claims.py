"""The numbers that claims about readers of raw states refer to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from incontext.experiments import sequences, tables
from incontext.experiments.dataset_building.config import Config
from incontext.experiments.dataset_building.model import (
    TrainedReader,
    echoes,
    test_sequences,
)

EARLY = 12  # length at which a ridge makes the most of a difference
NOTICEABLE = 0.1  # share of its last value at which a sensitivity counts as risen


def add_losses(
    config: Config,
    positions: pd.DataFrame,
    trained: Sequence[TrainedReader],
    rows: tables.MetricRows,
) -> None:
    """First, last and mean loss of every learner, and how much networks echo the first state."""
    last = int(positions["t"].max())
    by_model = sequences.losses_by_model(positions)
    for model, losses in by_model.items():
        name = tables.slug(model)
        rows.add(f"{name}_mean_loss", losses.mean(axis=1), losses.index)
        rows.add(f"{name}_first_loss", losses[1], losses.index)
        rows.add(f"{name}_last_loss", losses[last], losses.index)
    stored = by_model["least squares, stored"]
    if EARLY in stored:
        rows.add("least_squares_stored_loss_at_12", stored[EARLY].iloc[0])
    softmax, hybrid = by_model["softmax"], by_model["hybrid"]
    ratio = (hybrid[last] / softmax[last]).dropna()  # seeds that both have
    rows.add("hybrid_over_softmax_last_loss", ratio, ratio.index)
    zero = float(by_model["least squares"][1].iloc[0])  # with one state it predicts zero
    found = echoes([one.prediction for one in trained], test_sequences(config))
    for one, repeated in zip(trained, map(np.asarray, found), strict=True):
        expected = zero * (1 + repeated**2)
        first = by_model[one.name][1]
        rows.add(f"{tables.slug(one.name)}_echo", repeated, one.prediction.seeds)
        rows.add(f"{tables.slug(one.name)}_first_loss_over_echo", first / expected, first.index)


def add_probes(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Errors at the current and the previous state, and of older ones relative to these.

    Older are all but the last three states of the window: the state before the previous one
    leaks into the token as well, in the published networks too.
    """
    last = int(table["state"].max())
    for (model, scoring), part in table.groupby(["model", "scoring"]):
        errors = part.pivot(index="seed", columns="state", values="error")
        name = tables.slug(str(model)) + ("_training" if scoring == "training" else "")
        older = errors[[state for state in errors.columns if state <= last - 3]].min(axis=1)
        rows.add(f"{name}_probe_current", errors[last], errors.index)
        rows.add(f"{name}_probe_previous", errors[last - 1], errors.index)
        rows.add(f"{name}_probe_older", older, errors.index)
        read = errors[[last - 1, last]].max(axis=1)
        rows.add(f"{name}_probe_ratio", older / read, errors.index)


def add_maps(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Mean attention to the previous state, and to it or the current one, after the first row."""
    later = table[table["row"] > 0]
    distance = later["row"] - later["column"]
    counts = later.groupby(["model", "seed"])[["head", "row"]].nunique().prod(axis=1)
    for metric, near in (("previous", distance == 1), ("pair", distance <= 1)):
        totals = later[near].groupby(["model", "seed"])["value"].sum()
        for model, part in (totals / counts).groupby(level="model"):
            seeds = part.index.get_level_values("seed")
            rows.add(f"{tables.slug(str(model))}_attention_to_{metric}", part, seeds)


def add_sensitivities(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Last sensitivities to the current state and to those before, and when the first rises."""
    last = int(table["state"].max())
    for model, part in table.groupby("model"):
        name, final = tables.slug(str(model)), part[part["step"] == part["step"].max()]
        by_state = final.pivot(index="seed", columns="state", values="sensitivity")
        rows.add(f"{name}_sensitivity_current", by_state[last], by_state.index)
        rows.add(f"{name}_sensitivity_previous", by_state[last - 1], by_state.index)
        before = by_state[last - 3] / by_state[last - 1]
        rows.add(f"{name}_sensitivity_third_over_previous", before, by_state.index)
        previous = part[part["state"] == last - 1].pivot(
            index="seed", columns="step", values="sensitivity"
        )
        risen = previous.ge(NOTICEABLE * previous[previous.columns[-1]], axis=0)
        rows.add(f"{name}_onset_step", risen.idxmax(axis=1), previous.index)
