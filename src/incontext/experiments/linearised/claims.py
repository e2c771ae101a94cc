"""The numbers that claims about linear layers in place of softmax refer to."""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.linearised.panels import WHOLE


def normalised(losses: pd.DataFrame) -> pd.DataFrame:
    """Losses with a layer replaced over that of the whole network, by dimension and layer."""
    by_layer = losses.pivot(index=["state_dim", "seed"], columns="layer", values="loss")
    return by_layer.drop(columns=WHOLE).div(by_layer[WHOLE], axis=0)


def add_losses(losses: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Every ratio, the mean beyond the first layer, and the first layer over it."""
    for size, part in normalised(losses).groupby(level="state_dim"):
        seeds = part.index.get_level_values("seed")
        for layer in part.columns:
            rows.add(f"normalised_loss_{layer}_at_{size}", part[layer], seeds)
        later = part.drop(columns=1)
        rows.add(f"later_normalised_loss_at_{size}", later.mean(axis=1), seeds)
        excess = (part[1] - 1) / (later.max(axis=1) - 1)
        rows.add(f"first_over_later_excess_at_{size}", excess, seeds)
    whole = losses[losses["layer"] == WHOLE]
    for size, part in whole.groupby("state_dim"):
        rows.add(f"loss_at_{size}", part["loss"], part["seed"])


def add_trend(losses: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Mean excess beyond the first layer, of the largest dimension over the smallest."""
    later = normalised(losses).drop(columns=1).mean(axis=1).unstack("state_dim") - 1
    ratio = (later.iloc[:, -1] / later.iloc[:, 0]).dropna()
    rows.add("later_excess_largest_over_smallest", ratio, ratio.index)


def add_likeness(likeness: pd.DataFrame, losses: pd.DataFrame, rows: tables.MetricRows) -> None:
    """Cosines of products layer by layer, and the loss with one replaced over the whole.

    The cosine of a layer is that of its map, W_K^T W_Q times P W_V as a tensor: of both products.
    """
    for layer, part in likeness.groupby("layer"):
        cosines = part.pivot(index="seed", columns="product", values="cosine")
        for product in cosines.columns:
            name = str(product).replace("-", "_")
            rows.add(f"pair_{name}_{layer}_cosine", cosines[product], cosines.index)
        rows.add(f"pair_layer_{layer}_cosine", cosines.prod(axis=1), cosines.index)
    by_layer = losses.pivot(index="seed", columns="layer", values="loss")
    rows.add("pair_loss", by_layer[WHOLE], by_layer.index)
    for layer in by_layer.columns.drop(WHOLE):
        ratio = by_layer[layer] / by_layer[WHOLE]
        rows.add(f"pair_normalised_loss_{layer}", ratio, ratio.index)
