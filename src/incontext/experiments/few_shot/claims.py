"""The numbers that claims about prompts refer to."""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.few_shot.config import Config


def by_model(losses: pd.DataFrame, tasks: int) -> dict[str, pd.DataFrame]:
    """Losses of prompts with so many tasks, per model: a row per seed, a column per pair."""
    chosen = losses[losses["tasks"] == tasks]
    return {
        str(model): part.pivot(index="seed", columns="pair", values="loss")
        for model, part in chosen.groupby("model", sort=False)
    }


def add_losses(config: Config, losses: pd.DataFrame, rows: tables.MetricRows) -> None:
    """First, last and highest loss of every learner; what EOS and prefix are worth."""
    models = by_model(losses, 1)
    last = config.num_pairs - 1
    for model, found in models.items():
        name, seeds = tables.slug(model), found.index
        rows.add(f"{name}_first_loss", found[0], seeds)
        rows.add(f"{name}_last_loss", found[last], seeds)
        rows.add(f"{name}_peak_loss", found.max(axis=1), seeds)
        rows.add(f"{name}_peak_pair", found.idxmax(axis=1).astype(float), seeds)
        rows.add(f"{name}_ascent", found.max(axis=1) / found[0], seeds)
        zero = config.dim / 6  # of predicting nothing, 1/2 E|W x|^2
        rows.add(f"{name}_last_loss_over_zero", found[last] / zero, seeds)
    for reader in config.readers:
        ends = {prompt: models[f"{reader.name}, {prompt}"][last].mean() for prompt in reader.parts}
        rows.add(f"{reader.name}_eos_over_pairs_last_loss", ends["EOS"] / ends["pairs"])
        rows.add(f"{reader.name}_prefix_over_eos_last_loss", ends["EOS and prefix"] / ends["EOS"])


def add_switches(config: Config, losses: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Loss just before and at the first question of the second task, and at the end."""
    for model, found in by_model(losses, 2).items():
        name = tables.slug(model)
        rows.add(f"{name}_before_switch_loss", found[config.switch - 1], found.index)
        rows.add(f"{name}_switch_loss", found[config.switch], found.index)
        rows.add(f"{name}_two_tasks_last_loss", found[config.num_pairs - 1], found.index)
