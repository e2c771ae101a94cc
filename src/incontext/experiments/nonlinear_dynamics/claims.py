"""The numbers that claims about nonlinear dynamics refer to."""

import numpy as np
import pandas as pd

from incontext.experiments import sequences, tables
from incontext.experiments.nonlinear_dynamics.config import PUBLISHED_STEP, Config

QUOTED = (5, 10, 20, 50)  # positions at which losses are rows of their own
STATES, FEATURES = "least squares on s", "least squares on MLP*"


def add_losses(config: Config, positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Means, some positions and ends of all learners; the networks beside the regressions."""
    by_model = sequences.losses_by_model(positions)
    for model, losses in by_model.items():
        name = tables.slug(model).replace("*", "")
        rows.add(f"{name}_mean_loss", losses.mean(axis=1), losses.index)
        rows.add(f"{name}_last_loss", losses.iloc[:, -1], losses.index)
        for t in QUOTED:
            if t in losses.columns:
                rows.add(f"{name}_loss_{t}", losses[t], losses.index)
    for model in config.entrants:
        mean, last = by_model[model].mean(axis=1), by_model[model].iloc[:, -1]
        rows.add(f"{model}_over_linear", last / by_model[STATES].iloc[0, -1], last.index)
        rows.add(f"{model}_mean_over_linear", mean / by_model[STATES].iloc[0].mean(), mean.index)
        rows.add(f"{model}_over_features", last / by_model[FEATURES].iloc[0, -1], last.index)
        kernel = by_model["kernel regression"].iloc[0, -1]
        rows.add(f"{model}_over_kernel", last / kernel, last.index)
    rows.add("features_over_linear", by_model[FEATURES].iloc[0, -1] / by_model[STATES].iloc[0, -1])
    softmax, hybrid = (by_model[model].iloc[:, -1] for model in config.entrants)
    ratio = (hybrid / softmax).dropna()  # seeds that both have
    rows.add("hybrid_over_softmax", ratio, ratio.index)
    rows.add("noise_floor", 0.5 * config.task.state_dim * config.task.noise**2)


def add_token_probes(table: pd.DataFrame, spread: float, rows: tables.MetricRows) -> None:
    """Errors of MLP* of the last two states and of an older one, over its variance.

    Of the first layer, and of the embedding; "older" is the mean over those further back.
    """
    rows.add("feature_variance", spread)
    held = table[table["scoring"] == "held out"]
    for model, part in held.groupby("model"):
        for layer in (0, 1):
            errors = part[part["layer"] == layer].pivot(
                index="seed", columns="back", values="error"
            )
            place = "embedding" if layer == 0 else "first"
            for back in (0, 1):
                rows.add(f"{model}_{place}_probe_{back}_back", errors[back], errors.index)
            older = errors.loc[:, errors.columns >= 2].mean(axis=1)
            rows.add(f"{model}_{place}_probe_older", older, errors.index)
            if layer == 1:
                rows.add(f"{model}_previous_over_older", errors[1] / older, errors.index)
    published = table[(table["scoring"] == "training") & (table["layer"] == 1)]
    for (model, back), part in published[published["back"] <= 1].groupby(["model", "back"]):
        rows.add(f"{model}_training_probe_{back}_back", part["error"], part["seed"])


def add_layer_probes(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Errors after every layer, longest context, how many rise; what the first layer adds."""
    last = table[table["t"] == table["t"].max()]
    for (target, scoring), part in last.groupby(["target", "scoring"]):
        name = {"next state": "next", "MLP*": "features"}[str(target)]
        name += "_training" if scoring == "training" else ""
        errors = part.pivot(index="seed", columns="layer", values="error")
        for layer in errors.columns:
            rows.add(f"{name}_layer_{layer}_error", errors[layer], errors.index)
        rises = (np.diff(errors.to_numpy(), axis=1) > 0).sum(axis=1)
        rows.add(f"{name}_rises", rises, errors.index)
        rows.add(f"{name}_first_over_embedding", errors[1] / errors[0], errors.index)


def add_sensitivities(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Of the current, the previous and older states, at the end and where the paper stops."""
    ends = {"last": table["step"].max(), "followed": PUBLISHED_STEP}
    for model, part in table.groupby("model"):
        for name, step in ends.items():
            values = part[part["step"] == step].pivot(
                index="seed", columns="back", values="sensitivity"
            )
            if values.empty:
                continue
            for back in (0, 1, 2):
                rows.add(f"{model}_{name}_sensitivity_{back}", values[back], values.index)
            older = values.loc[:, values.columns >= 2].mean(axis=1)
            rows.add(f"{model}_{name}_previous_over_older", values[1] / older, values.index)
