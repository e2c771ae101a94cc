"""Blocks beside gradient descent and GD++ of as many steps: losses, and alignment over training."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import PyTree

from incontext.analysis import learners
from incontext.baselines.descent import Descent, tune_gradient_descent
from incontext.experiments import comparison, prompts
from incontext.experiments.deep_blocks.config import Config
from incontext.experiments.tables import MetricRows, slug
from incontext.networks.learnables import GDPlusPlus
from incontext.networks.network import Networks
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed

GD, GDPP = "gradient descent", "GD++"
SUFFIXES = {GD: "_gd", GDPP: "_gdpp"}


def algorithms(config: Config, tuned: Networks) -> dict[str, Descent]:
    """Gradient descent with the best single step size, and GD++ with a tuned one per step."""
    shape, network = config.shape, tuned.training.network
    assert isinstance(network, GDPlusPlus)
    return {
        GD: tune_gradient_descent(config.task, shape.num_layers, shape.token_clip),
        GDPP: network.descent(take_seed(tuned.params, 0)),
    }


def along(trained: Networks, compared: Mapping[str, Descent]) -> dict[str, np.ndarray]:
    """Alignment with every algorithm at the steps whose weights are known, [S, K]."""
    network, prompt = trained.training.function(), trained.training.evaluation_batch()
    assert isinstance(prompt, Prompt)

    def measure(params: PyTree) -> dict[str, Array]:
        found = {}
        for name, algorithm in compared.items():
            suffix = SUFFIXES[name]
            found |= prompts.alignment_metrics(network, params, prompt, algorithm, suffix)
        return found

    return trained.along(measure)


def losses(config: Config, trained: Networks, compared: Mapping[str, Descent]) -> pd.DataFrame:
    """Loss on fresh tasks: columns model, seed, loss, standard_error."""
    several = [
        trained.learner("trained"),
        *(learners.algorithm(name, algorithm) for name, algorithm in compared.items()),
    ]
    estimates = comparison.final_losses(
        config.task, several, batch_size=config.batch_size, num_batches=config.final_batches
    )
    return comparison.loss_table(several, estimates)


def add_losses(table: pd.DataFrame, rows: MetricRows) -> None:
    """Loss of every learner, and that of the blocks over both algorithms'."""
    by_model = {
        str(model): part.set_index("seed")["loss"] for model, part in table.groupby("model")
    }
    for model, found in by_model.items():
        rows.add(f"{slug(model)}_loss", found, found.index)
    trained = by_model["trained"]
    for model in SUFFIXES:
        rows.add(f"trained_over_{slug(model)}", trained / by_model[model].iloc[0], trained.index)


def add_alignment(
    measured: Mapping[str, np.ndarray], seeds: Sequence[int], rows: MetricRows
) -> None:
    """Alignment at the end, and by how much the cosine with GD++ is greater."""
    for name, values in measured.items():
        rows.add(name, values[:, -1], seeds)
    gap = measured["cosine_gdpp"] - measured["cosine_gd"]
    rows.add("cosine_gap", gap[:, -1], seeds)
