"""The numbers that claims about the variants refer to."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from incontext.analysis.products import implied_step
from incontext.experiments import expected, tables
from incontext.experiments.variants.config import Config
from incontext.models.attention import Products
from incontext.networks.network import Networks

SOLVED = 1.05  # times the loss of one gradient step: the drop is over


def add_drops(config: Config, by_clip: Mapping[str, Networks], rows: tables.MetricRows) -> None:
    """Steps until a seed has solved the task, for every clip; the share of those that do."""
    best = expected.one_step(config.task).loss
    rows.add("one_step_loss", best)
    for name, one in by_clip.items():
        reached = one.losses <= SOLVED * best  # [S, E]
        solved = reached.any(axis=1)
        steps = one.steps[reached.argmax(axis=1)]
        chosen = [seed for seed, done in zip(one.seeds, solved, strict=True) if done]
        rows.add(f"{tables.slug(name)}_steps_to_solve", steps[solved], chosen)
        rows.add(f"{tables.slug(name)}_share_solved", np.mean(solved))


def add_norms(norms: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Loss, cosine and difference of sensitivities by what is normalised."""
    for name, part in norms.groupby("model", sort=False):
        for metric in ("loss", "cosine", "sensitivity_difference"):
            rows.add(f"{tables.slug(str(name))}_{metric}", part[metric], part["seed"])


def add_three(
    products: Products, input_dim: int, seeds: Sequence[int], rows: tables.MetricRows
) -> None:
    """The step of GD++ that three tied layers repeat, read off their weights.

    Step size eta / N and curvature gamma do not change when a factor moves between the products.
    """
    step = implied_step(products, input_dim)
    rows.add("three_tied_step_size", np.asarray(step.step_size)[:, 0], seeds)
    rows.add("three_tied_curvature", np.asarray(step.curvature)[:, 0], seeds)
