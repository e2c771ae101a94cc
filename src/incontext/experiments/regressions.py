"""Trainings on linear regression that several experiments share: attention layers, and GD++."""

import dataclasses

from incontext.models.attention import Weighting
from incontext.models.initialization import FanIn
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Together
from incontext.networks.learnables import GDPlusPlus
from incontext.networks.training import Training, every_evaluation
from incontext.tasks.regression import LinearRegression
from incontext.training.config import Kept, Schedule
from incontext.training.optimizers import AdamConfig


def adam(learning_rate: float) -> AdamConfig:
    """Adam with gradients clipped to a global norm of 10.

    Source: paper A, Section A.12.
    """
    return AdamConfig(learning_rate, clip_norm=10.0)


def regression_layers(
    schedule: Schedule,
    *,
    task: LinearRegression | None = None,
    weightings: tuple[Weighting, ...] = ("linear",),
    num_heads: int = 1,
    tied: bool = False,
    token_clip: float | None = None,
    layer_norm: tuple[bool, ...] = (),
    kept: Kept | None = None,
) -> Training:
    """Attention layers on whole tokens with square matrices, which start at 0.002 / depth.

    Arguments as of `TransformerConfig`; the name follows from them.

    Source: paper A, Sections 3 and A.12.
    """
    task = task or LinearRegression()
    network = TransformerConfig(
        weightings=weightings,
        num_heads=num_heads,
        tied=tied,
        token_clip=token_clip,
        layer_norm=layer_norm,
        initialization=FanIn(0.002 / len(weightings)),
    )
    name = f"regression-{_kind(network)}{suffix(task)}"
    return Training(name, task, Together(), network, schedule, kept or Kept())


def _kind(network: TransformerConfig) -> str:
    heads = f"{network.num_heads}-head" + ("s" if network.num_heads > 1 else "")
    if any(network.layer_norm):
        return f"norm-{network.num_layers}"
    if "softmax" in network.weightings:
        return f"softmax-{heads}"
    if network.num_heads > 1:
        return f"linear-{heads}"
    if network.num_layers == 1:
        return "linear-1"
    return f"{'tied' if network.tied else 'untied'}-{network.num_layers}"


def suffix(task: LinearRegression) -> str:
    """End of a name that tells sizes other than the published 10 examples and 10 inputs apart."""
    usual = LinearRegression()
    if task.num_context == task.input_dim != usual.input_dim:
        return f"-size-{task.input_dim}"
    context = f"-context-{task.num_context}" if task.num_context != usual.num_context else ""
    return context + (f"-inputs-{task.input_dim}" if task.input_dim != usual.input_dim else "")


def with_task(training: Training, task: LinearRegression) -> Training:
    """The same training on another task, with nothing kept on the way; itself on its own task."""
    if task == training.task:
        return training
    assert isinstance(training.task, LinearRegression)
    name = training.name.removesuffix(suffix(training.task)) + suffix(task)
    return dataclasses.replace(training, name=name, task=task, kept=Kept())


def published_layer() -> Training:
    """One linear layer with one head at the published settings, kept at every evaluation."""
    schedule = Schedule(5000, 2048, adam(1e-3))
    return regression_layers(schedule, kept=every_evaluation(schedule))


def tuning(num_steps: int, batch_size: int = 512, learning_rate: float = 1e-2) -> Schedule:
    """How GD++ is tuned: with a rate that falls to zero; 1000 steps as published for tied steps."""
    optimizer = dataclasses.replace(adam(learning_rate), b2=0.999, decay_steps=num_steps)
    return Schedule(num_steps, batch_size, optimizer)


def gdpp(
    schedule: Schedule,
    num_steps: int,
    *,
    task: LinearRegression | None = None,
    tied: bool = True,
    bound: float | None = None,
) -> Training:
    """GD++ whose step sizes and curvatures are tuned by gradient descent on the loss.

    Source: paper A, Sections 3 and A.12.
    """
    task = task or LinearRegression()
    network = GDPlusPlus(num_steps, tied, bound)
    return Training(f"gdpp-{num_steps}{suffix(task)}", task, Together(), network, schedule)
