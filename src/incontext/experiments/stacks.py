"""Trainings that several experiments share: stacks on constructed tokens, readers of raw states."""

import dataclasses

from incontext.models.initialization import Gaussian
from incontext.models.sequence import SequenceConfig
from incontext.networks.layouts import Constructed
from incontext.networks.training import Training
from incontext.tasks.dynamics import LinearDynamics
from incontext.training.config import Kept, Schedule
from incontext.training.optimizers import AdamConfig

NUM_STEPS = {1: 5000, 2: 5000, 4: 10_000, 6: 15_000}  # of stacks by depth, as published


def adam(learning_rate: float, weight_decay: float = 0.1) -> AdamConfig:
    """AdamW as in the authors' code: element-wise clipping at 1.

    Source: paper B, Appendix F, Table 1.
    """
    return AdamConfig(learning_rate, b2=0.999, weight_decay=weight_decay, clip_value=1.0)


SCHEDULED = dataclasses.replace(
    adam(8e-4, 0.05), warmup_steps=1000, decay_steps=30_000, final_learning_rate=1e-5
)


def stack(
    kind: str,
    depth: int,
    schedule: Schedule,
    *,
    task: LinearDynamics | None = None,
    key_size: int = 20,
    kept: Kept | None = None,
) -> Training:
    """A stack of layers of one kind; one layer gets no copy of the state to rework, and 2 heads.

    Softmax starts and clips as the paper's softmax networks on raw tokens do.
    """
    network = SequenceConfig(
        kinds=(kind,) * depth,
        num_heads=2 if (kind, depth) == ("linear", 1) else 4,
        key_size=key_size,
        token_clip=None if kind == "softmax" else 4.0,
        initialization=Gaussian(0.05 if kind == "softmax" else 0.0002),
    )
    name = f"{kind}-{depth}" + ("" if key_size == 20 else f"-keys-{key_size}")
    layout = Constructed(copy=depth > 1)
    return Training(name, task or LinearDynamics(), layout, network, schedule, kept or Kept())


def raw_reader(
    kinds: tuple[str, ...], *, num_heads: int, key_size: int, width: int, token_clip: float | None
) -> SequenceConfig:
    """A network on raw states: an embedding of some width, beside positions of the same width.

    Source: paper B, Appendix F, Tables 1 and 2.
    """
    return SequenceConfig(
        kinds=kinds,
        num_heads=num_heads,
        key_size=key_size,
        embedding_dim=width,
        position_dim=width,
        token_clip=token_clip,
        initialization=Gaussian(0.05),
    )


def published_stack(kind: str, depth: int) -> Training:
    """A stack at the published settings; those of softmax on these tokens are ours."""
    optimizer = SCHEDULED if kind == "softmax" else adam(1e-4)
    return stack(kind, depth, Schedule(NUM_STEPS[depth], 256, optimizer, 250, 2560))
