"""The table behind the figure."""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from incontext.analysis.learners import NO_SEED, Learner
from incontext.baselines import noisy_labels
from incontext.experiments import comparison
from incontext.experiments.gdpp_depth import model as depth_model
from incontext.experiments.noisy_labels.config import Config
from incontext.experiments.single_layer import model as layer_model
from incontext.networks.network import Networks
from incontext.tasks.regression import LinearRegression

BEST = "best step"


def noisy(config: Config, layer: Networks, deeper: Networks, tuned: Networks) -> pd.DataFrame:
    """Loss if labels of the context are noise: columns depth, noisy, model, seed, loss.

    Beside the learners, the best single step for so many noisy labels, in closed form.
    """
    depth = config.depth
    groups: dict[int, Sequence[Learner]] = {
        1: layer_model.compare(config.task, layer),
        depth.num_layers: depth_model.several(depth_model.compare(depth, deeper, tuned)),
    }
    frames = []
    for count in config.noisy_targets:
        task = with_noise(config.task, count)
        for layers, learners in groups.items():
            estimates = comparison.final_losses(
                task,
                learners,
                batch_size=config.evaluation_size,
                num_batches=config.final_batches,
            )
            frame = comparison.loss_table(learners, estimates)
            frames.append(frame.assign(depth=layers, noisy=count))
        step = noisy_labels.moments(task)
        best = {"model": BEST, "seed": NO_SEED, "loss": step.loss(step.best_step_size)}
        frames.append(pd.DataFrame([best]).assign(depth=1, noisy=count))
    table = pd.concat(frames, ignore_index=True)
    return table[["depth", "noisy", "model", "seed", "loss"]]


def with_noise(task: LinearRegression, count: int) -> LinearRegression:
    """The task with so many labels of the context replaced by noise."""
    return dataclasses.replace(task, num_noisy_targets=count)
