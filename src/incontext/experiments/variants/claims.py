"""The numbers that claims about the variants refer to."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incontext.analysis.products import implied_step
from incontext.experiments import expected, tables
from incontext.experiments.variants.config import Config
from incontext.models.transformer import layer_products
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


def add_three(name: str, networks: Networks, input_dim: int, rows: tables.MetricRows) -> None:
    """The step of GD++ that three tied layers repeat, read off their weights.

    Step size eta / N and curvature gamma do not change when a factor moves between the products.
    """
    step, prefix = implied_step(layer_products(networks.params), input_dim), tables.slug(name)
    rows.add(f"{prefix}_step_size", np.asarray(step.step_size)[:, 0], networks.seeds)
    rows.add(f"{prefix}_curvature", np.asarray(step.curvature)[:, 0], networks.seeds)
