"""The numbers that claims about partial observation refer to."""

import numpy as np
import pandas as pd

from incontext.experiments import sequences, tables
from incontext.experiments.dataset_building.claims import NOTICEABLE
from incontext.experiments.partial_observation.config import Config
from incontext.experiments.partial_observation.panels import window_name


def add_losses(config: Config, positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Means and ends of all learners, and the networks beside regressions on one observation."""
    by_model = sequences.losses_by_model(positions)
    for model, losses in by_model.items():
        name = tables.slug(model)
        rows.add(f"{name}_mean_loss", losses.mean(axis=1), losses.index)
        rows.add(f"{name}_last_loss", losses.iloc[:, -1], losses.index)
    one = by_model[window_name(1)].iloc[0, -1]
    for model in config.entrants:
        last = by_model[model].iloc[:, -1]
        rows.add(f"{model}_over_one_observation", last / one, last.index)
    softmax, hybrid = (by_model[model].iloc[:, -1] for model in config.entrants)
    ratio = (hybrid / softmax).dropna()  # seeds that both have
    rows.add("hybrid_over_softmax", ratio, ratio.index)
    last = {length: by_model[window_name(length)].iloc[0, -1] for length in config.windows}
    if config.needed in last:
        rows.add("needed_window_over_one_observation", last[config.needed] / one)
    rows.add("best_window", min(last, key=lambda length: last[length]))


def add_probes(config: Config, table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Errors by how far back, and how many observations a token holds.

    Held is what can be read with a tenth of the error of the oldest that is looked for.
    """
    for (model, scoring), part in table.groupby(["model", "scoring"]):
        name = f"{model}_training" if scoring == "training" else str(model)
        errors = part.pivot(index="seed", columns="back", values="error")
        for back in errors.columns:
            rows.add(f"{name}_probe_{back}_back", errors[back], errors.index)
        oldest = errors[config.looked_for - 1]
        held = errors.lt(0.1 * oldest, axis=0).cumprod(axis=1).sum(axis=1)
        rows.add(f"{name}_held", held, errors.index)
        rows.add(f"{name}_held_over_needed", held / config.needed, errors.index)


def add_sensitivities(config: Config, table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Last sensitivities by how far back, relative ones, and when that to the one before rises.

    Needed is the oldest of the observations that determine the next one; beyond lies twice as far.
    """
    for model, part in table.groupby("model"):
        last = part[part["step"] == part["step"].max()]
        by_back = last.pivot(index="seed", columns="back", values="sensitivity")
        for back in by_back.columns[: config.looked_for]:
            rows.add(f"{model}_sensitivity_{back}_back", by_back[back], by_back.index)
        for name, back in (("needed", config.needed - 1), ("beyond", 2 * config.needed - 1)):
            share = by_back[back] / by_back[0]
            rows.add(f"{model}_sensitivity_{name}_over_latest", share, share.index)
        before = part[part["back"] == 1].pivot(index="seed", columns="step", values="sensitivity")
        risen = before.ge(NOTICEABLE * before[before.columns[-1]], axis=0)
        rows.add(f"{model}_onset_step", risen.idxmax(axis=1), before.index)


def add_layers(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Errors of the next observation after every layer, longest context, and how many rise."""
    last = table[table["t"] == table["t"].max()]
    for scoring, part in last.groupby("scoring"):
        name = "layer" if scoring == "held out" else "training_layer"
        errors = part.pivot(index="seed", columns="layer", values="error")
        for layer in errors.columns:
            rows.add(f"{name}_{layer}_error", errors[layer], errors.index)
        rises = (np.diff(errors.to_numpy(), axis=1) > 0).sum(axis=1)
        rows.add(f"{name}_rises", rises, errors.index)
