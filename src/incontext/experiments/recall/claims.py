"""The numbers that claims about trained recall refer to."""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.recall.config import TITLES, Config
from incontext.experiments.recall.panels import TRAINED


def add_recall(config: Config, table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Recall at the load of training, such as "alike_mesa_recall" or "alike_mesa_given_recall"."""
    names = {title: name for name, title in TITLES.items()}
    load = config.networks[0].task.num_pairs
    chosen = table[table["pairs"] == load]
    for (task, kind, keys), part in chosen.groupby(["task", "kind", "keys"], sort=False):
        given = "" if keys == TRAINED else "_given"
        name = f"{names[str(task)]}_{tables.slug(str(kind))}{given}_recall"
        rows.add(name, part["recall"].to_numpy(), part["seed"])


def add_likeness(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Cosine of projected keys, and of queries and other keys, such as "common_linear_score"."""
    names = {title: name for name, title in TITLES.items()}
    for (task, kind), part in table.groupby(["task", "kind"], sort=False):
        name = f"{names[str(task)]}_{tables.slug(str(kind))}"
        rows.add(f"{name}_cosine", part["projected"].to_numpy(), part["seed"])
        rows.add(f"{name}_score", part["score"].to_numpy(), part["seed"])


def add_fuzzy(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Recall of fuzzy values, such as "fuzzy_gated_mesa_recall"."""
    for kind, part in table.groupby("kind", sort=False):
        name = f"fuzzy_{tables.slug(str(kind))}_recall"
        rows.add(name, part["recall"].to_numpy(), part["seed"])
