"""The numbers that claims about the softmax figures refer to."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from incontext.experiments import tables
from incontext.experiments.softmax.config import TITLES
from incontext.experiments.tables import MetricRows
from incontext.models.transformer import layer_products
from incontext.networks.network import Networks

PLATEAUS = (0.29, 0.40)  # losses at which one softmax head ends
SOLVED = 1.05  # times the loss of one gradient step: the drop is over


def add_losses(losses: pd.DataFrame, rows: MetricRows) -> None:
    """Loss of every network and algorithm, such as two_softmax_heads_loss."""
    for model, part in losses.groupby("model", sort=False):
        name = tables.slug(str(model))
        rows.add(f"{name}_loss", part["loss"], part["seed"])


def add_one_head(
    one: Networks, cosine: Float[np.ndarray, "S K"], losses: pd.DataFrame, rows: MetricRows
) -> None:
    """How many seeds end low, and the best seed's loss and alignment.

    cosine: of the angle with one gradient step, over training.
    """
    loss = losses.loc[losses["model"] == TITLES["one_head"], "loss"].to_numpy()
    best = int(np.argmin(loss))
    distances = np.abs(loss[:, None] - np.asarray(PLATEAUS))
    rows.add("one_head_share_on_lower_plateau", np.mean(distances[:, 0] < distances[:, 1]))
    rows.add("one_head_distance_to_plateau", distances.min(axis=1), one.seeds)
    rows.add("one_head_best_loss", loss[best])
    rows.add("one_head_best_cosine", cosine[best, -1])


def add_final(
    trained: Mapping[str, Networks],
    along: Mapping[str, Mapping[str, Float[np.ndarray, "S K"]]],
    rows: MetricRows,
) -> None:
    """Alignment and linearity at the end of training, per seed."""
    for name in ("one_head", "two_heads", "normalised", "two_normalised"):
        for metric, values in along[name].items():
            rows.add(f"{name}_{metric}", values[:, -1], trained[name].seeds)


def add_signs(two: Networks, rows: MetricRows) -> None:
    """Which seeds gave their two heads opposite signs.

    Only then do the constant parts of the two softmaxes cancel.
    """
    strengths = np.asarray(layer_products(two.params).output_value)[..., -1, -1]  # [S, H]
    opposite = np.prod(np.sign(strengths), axis=-1) < 0
    rows.add("two_heads_have_opposite_signs", opposite, two.seeds)


def add_drops(trained: Mapping[str, Networks], losses: pd.DataFrame, rows: MetricRows) -> None:
    """First evaluated step at which a linear layer has solved the task, Figure 15.

    A seed that never does gets no row; the share of seeds that do is a number of its own.
    """
    target = losses.loc[losses["model"] == "one gradient step", "loss"].iloc[0]
    for name in ("linear_one_head", "linear_two_heads"):
        networks = trained[name]
        reached = networks.losses <= SOLVED * target  # [S, E]
        solved = reached.any(axis=1)
        steps = networks.steps[reached.argmax(axis=1)]
        rows.add(f"{name}_share_solved", solved.mean())
        chosen = [seed for seed, done in zip(networks.seeds, solved, strict=True) if done]
        rows.add(f"{name}_steps_to_solve", steps[solved], chosen)
