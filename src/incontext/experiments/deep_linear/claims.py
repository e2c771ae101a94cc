"""The numbers that claims about deep linear attention refer to."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import compression
from incontext.experiments import sequences, stack_probes, tables
from incontext.experiments.deep_linear.config import Config, depth, title, title_longer
from incontext.experiments.interpolation import last_losses, stacked_products
from incontext.networks.network import Networks


def add_losses(config: Config, positions: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Mean over the length of every learner, the end of the deepest, and their order."""
    last = int(positions["t"].max())
    by_model = sequences.losses_by_model(positions)
    for stack in config.stacks:
        losses = by_model[title(stack)]
        rows.add(f"mean_loss_{depth(stack)}", losses.mean(axis=1), losses.index)
    for one in config.longer:
        losses = by_model[title_longer(one)].mean(axis=1)
        rows.add(f"longer_mean_loss_{depth(one)}", losses, losses.index)
    deepest = by_model[title(config.deepest)]
    rows.add("deepest_last_position_loss", deepest[last], deepest.index)
    for name, metric in (
        ("gradient descent", "gradient_step_mean_loss"),
        ("Proposition 2", "proposition_2_mean_loss"),
        ("Proposition 2, one late", "proposition_2_late_mean_loss"),
    ):
        rows.add(metric, by_model[name].iloc[0].mean())
    add_compressed(config, by_model, rows)


def add_compressed(
    config: Config, by_model: dict[str, pd.DataFrame], rows: tables.MetricRows
) -> None:
    """The stack of scaled identities beside the full one of the same depth."""
    compressed = by_model[title(config.compressed)].mean(axis=1)
    rows.add("compressed_mean_loss", compressed, compressed.index)
    full = by_model[f"{depth(config.compressed)} layers"].mean(axis=1)
    ratio = (compressed / full).dropna()  # seeds that both have
    rows.add("compressed_over_trained", ratio, ratio.index)


def add_interpolation(curve: pd.DataFrame, rows: tables.MetricRows) -> None:
    """The end of Figure 4B: without re-training, and half-way."""
    last = last_losses(curve)
    rows.add("interpolation_end_over_trained", last["interpolated"] / last["trained"], last.index)
    rows.add("projected_over_trained", last["compressed"] / last["trained"], last.index)


def add_shares(config: Config, networks: Networks, rows: tables.MetricRows) -> None:
    """Mean share of squared weights that scaled identities keep, of the first and last layer."""

    @jax.jit
    def shares(params: PyTree) -> Array:
        kept = compression.kept_share(stacked_products(params), config.task.state_dim)
        return jnp.stack(kept)  # [2, S, L, H]

    kept = np.asarray(shares(networks.params)).mean(axis=(0, 3))
    rows.add("kept_share_first_layer", kept[:, 0], networks.seeds)
    rows.add("kept_share_last_layer", kept[:, -1], networks.seeds)


def add_probes(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """What the probes find, and how they are scored."""
    stack_probes.add_metrics(table, rows)
    add_scoring(table, rows)


def add_scoring(table: pd.DataFrame, rows: tables.MetricRows) -> None:
    """How much fitting and scoring on the same sequences flatters, last layer and length."""
    end = table[
        (table["t"] == table["t"].max())
        & (table["layer"] == table["layer"].max())
        & (table["target"] == "next state")
    ].pivot(index="seed", columns="scoring", values="error")
    rows.add("held_out_over_training_probe", end["held out"] / end["training"], end.index)
