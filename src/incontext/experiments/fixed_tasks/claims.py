"""The numbers that claims about a fixed set of tasks refer to."""

import pandas as pd

from incontext.experiments import expected, tables
from incontext.experiments.fixed_tasks.config import Config
from incontext.experiments.fixed_tasks.panels import TEST


def add_ends(config: Config, ends: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Losses on the set and on fresh tasks: of every seed on the first set, and mean over sets."""
    for size, part in ends.groupby("num_tasks"):
        first = part[part["set"] == part["set"].min()]
        rows.add(f"training_loss_at_{size}", first["training"], first["seed"])
        rows.add(f"test_loss_at_{size}", first["test"], first["seed"])
        by_set = part.groupby("set")[["training", "test"]].mean()
        rows.add(f"training_loss_over_sets_at_{size}", by_set["training"].mean())
        rows.add(f"test_loss_over_sets_at_{size}", by_set["test"].mean())
        rows.add(f"least_test_loss_over_sets_at_{size}", by_set["test"].min())
        rows.add(f"greatest_test_loss_over_sets_at_{size}", by_set["test"].max())
    rows.add("number_of_weights", config.num_weights)
    rows.add("best_step_loss", expected.one_step(config.task).loss)


def add_least_squares(
    ends: pd.DataFrame, least_squares: pd.DataFrame, rows: tables.MetricRows
) -> None:
    """Losses over those that least squares with as many numbers would have, mean over sets."""
    means = ends.groupby(["num_tasks", "set"])[["training", "test"]].mean()
    for row in least_squares.itertuples(index=False):
        for name, found in (("training", row.training), ("test", row.test)):
            ratio = means.loc[row.num_tasks][name].mean() / found
            rows.add(f"{name}_over_least_squares_at_{row.num_tasks}", ratio)


def add_alignment(curves: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Cosine with one gradient step at the end, such as cosine_at_512_tasks."""
    last = curves[(curves["metric"] == "cosine") & (curves["step"] == curves["step"].max())]
    for model, part in last.groupby("model"):
        rows.add(f"cosine_at_{tables.slug(str(model))}", part["value"], part["seed"])


def add_block(curves: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Rise and fall of the block's test loss: greatest value after the start, its step, the end."""
    test = curves[curves["metric"] == TEST].pivot(index="step", columns="seed", values="value")
    train = curves[curves["metric"] == "loss"].pivot(index="step", columns="seed", values="value")
    seeds = test.columns
    rows.add("block_test_loss_first", test.iloc[0], seeds)
    rows.add("block_test_loss_greatest", test.max(), seeds)
    rows.add("block_test_loss_greatest_at", test.idxmax(), seeds)
    rows.add("block_test_loss", test.iloc[-1], seeds)
    rows.add("block_training_loss", train.iloc[-1], seeds)
    rows.add("block_test_over_training", test.iloc[-1] / train.iloc[-1], seeds)
