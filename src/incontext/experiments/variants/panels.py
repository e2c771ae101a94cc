"""Curves of two clips, and losses and alignment of layers with other LayerNorms."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from incontext.baselines import gradient_descent
from incontext.experiments import comparison, expected, prompts, tables
from incontext.experiments.variants.config import Config
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed


def curves(by_clip: Mapping[str, Networks]) -> pd.DataFrame:
    """Loss of every seed over training; the column model names the clip."""
    return pd.concat([tables.curves(one, name) for name, one in by_clip.items()], ignore_index=True)


def norms(config: Config, by_way: Mapping[str, Networks]) -> pd.DataFrame:
    """Loss at the end and alignment with the best gradient step: a row per network.

    Columns model, seed, loss, standard_error, prediction_difference, sensitivity_difference,
    cosine.
    """
    several = [one.learner(name) for name, one in by_way.items()]
    estimates = comparison.final_losses(
        config.task, several, batch_size=config.batch_size, num_batches=config.final_batches
    )
    prompt = fixed_batch(config.task, config.batch_size, 0)
    assert isinstance(prompt, Prompt)
    eta = expected.one_step(config.task).learning_rate
    rows = [
        {"model": name, "seed": seed, **_alignment(one, index, prompt, eta)}
        for name, one in by_way.items()
        for index, seed in enumerate(one.seeds)
    ]
    return comparison.loss_table(several, estimates).merge(pd.DataFrame(rows))


def _alignment(networks: Networks, index: int, prompt: Prompt, eta: float) -> dict[str, float]:
    found = prompts.alignment_metrics(
        networks.training.function(),
        take_seed(networks.params, index),
        prompt,
        lambda p: gradient_descent.predict(p, [eta]),
    )
    return {name: float(np.asarray(value)) for name, value in found.items()}
