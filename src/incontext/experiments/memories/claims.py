"""The numbers that claims about memories refer to."""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.memories.config import Config


def add_recall(config: Config, table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Recall of as many pairs as dimensions and of twice as many, independent and correlated."""
    full, _, twice = config.marked
    for name, load in (("full", full), ("twice", twice)):
        for kind, part in _kinds(config, table[table["pairs"] == load]):
            for row in part.itertuples():
                rows.add(f"{_slug(row.model)}_recall_{name}_{kind}", row.recall)


def add_new(config: Config, table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Error on a new query after half as many pairs again as dimensions."""
    for kind, part in _kinds(config, table[table["pairs"] == config.marked[1]]):
        for row in part.itertuples():
            rows.add(f"{_slug(row.model)}_new_error_{kind}", row.error)


def add_rebound(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Share of second values among keys bound twice."""
    for row in table.itertuples():
        rows.add(f"{_slug(row.model)}_rebound_recall", row.recall)


def _kinds(config: Config, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The least and the most correlated keys."""
    least, most = min(config.correlations), max(config.correlations)
    kinds = [("independent", least)] + ([("correlated", most)] if most > least else [])
    return [(name, table[table["correlation"] == value]) for name, value in kinds]


def _slug(name: object) -> str:
    return tables.slug(str(name))
