"""The numbers that claims about the two regressions refer to."""

import pandas as pd

from incontext.experiments import tables


def add_dimensions(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Loss per dimension, such as least_squares_loss_at_10, or ..._at_10_noise_0.5."""
    usual = table["noise"].iloc[0]
    for row in table.itertuples(index=False):
        noise = "" if row.noise == usual else f"_noise_{row.noise}"
        name = f"{tables.slug(str(row.model))}_loss_at_{row.state_dim}{noise}"
        rows.add(name, row.loss_per_dimension)
