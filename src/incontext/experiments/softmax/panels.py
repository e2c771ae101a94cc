"""Tables of the softmax figures: final losses, scales, weights."""

from collections.abc import Mapping, Sequence

import jax
import numpy as np
import pandas as pd

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.analysis.products import joint_product
from incontext.experiments import comparison, tables
from incontext.experiments.comparison import ScaleSweep
from incontext.experiments.softmax.config import TITLES, Config
from incontext.experiments.softmax.model import Algorithms, centred_step, predict_to_first_order
from incontext.models.transformer import layer_products
from incontext.networks.network import Networks


def curves(
    trained: Mapping[str, Networks], along: Mapping[str, Mapping[str, np.ndarray]]
) -> pd.DataFrame:
    """Metrics of all networks over training, the column model names the network."""
    frames = [tables.curves(one, TITLES[name], along[name]) for name, one in trained.items()]
    return pd.concat(frames, ignore_index=True)


def compared(config: Config, trained: Mapping[str, Networks], tuned: Algorithms) -> list[Learner]:
    """All networks under their titles, and the algorithms."""
    two = trained["two_heads"]
    return [
        *(one.learner(TITLES[name]) for name, one in trained.items()),
        learners.network(
            "two softmax heads to first order", predict_to_first_order, two.params, two.seeds
        ),
        learners.algorithm("one gradient step", tuned.one_step),
        learners.algorithm("one centred gradient step", centred_step(config.task)),
        learners.algorithm("two gradient steps", tuned.two_steps),
        learners.algorithm("two steps of GD++", tuned.gdpp),
    ]


def losses(config: Config, several: Sequence[Learner]) -> pd.DataFrame:
    """Loss on fresh tasks: columns model, seed, loss, standard_error."""
    estimates = comparison.final_losses(
        config.task, several, batch_size=config.batch_size, num_batches=config.final_batches
    )
    return comparison.loss_table(several, estimates)


def scales(config: Config, several: Sequence[Learner]) -> pd.DataFrame:
    """Loss on inputs and targets unlike those of training, Figures 12 and 14."""
    sweep = ScaleSweep(config.input_scales, config.target_scales, num_tasks=config.batch_size)
    return sweep.table(config.task, [one for one in several if "linear" not in one.name])


def weights(networks: Networks) -> pd.DataFrame:
    """Scaled key-query products of the heads and their sum, Figure 11.

    Columns seed, matrix ("head 0", "head 1", "sum"), row, column, value.
    """
    products = layer_products(networks.params)
    joint = np.asarray(jax.jit(lambda p: joint_product(p, 1))(products))  # [S, H, D, D]
    named = {f"head {head}": joint[:, head] for head in range(joint.shape[1])}
    width = range(joint.shape[-1])
    axes = {"seed": networks.seeds, "row": width, "column": width}
    frames = [
        tables.long(matrix, axes, value="value").assign(matrix=name)
        for name, matrix in {**named, "sum": joint.sum(axis=1)}.items()
    ]
    table = pd.concat(frames, ignore_index=True)
    return table[["seed", "matrix", "row", "column", "value"]]
