"""Trainings that experiments share: stacks on constructed tokens, networks on raw states."""

import dataclasses

from incontext.models.initialization import Gaussian
from incontext.models.sequence import SequenceConfig
from incontext.networks.layouts import Constructed, Raw
from incontext.networks.training import Training
from incontext.tasks.dynamics import LinearDynamics, NonlinearDynamics, PartialObservation
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


@dataclasses.dataclass(frozen=True)
class RawScale[Task: (LinearDynamics, NonlinearDynamics, PartialObservation)]:
    """What networks on raw states of one preset share; the position is as wide as a token.

    Source: paper B, Appendix F, Tables 1 to 3.
    """

    task: Task
    width: int
    num_heads: int
    key_size: int
    mlp_width: int | None = None

    def network(self, kinds: tuple[str, ...], token_clip: float | None = None) -> SequenceConfig:
        """A network of layers of these kinds."""
        return SequenceConfig(
            kinds=kinds,
            num_heads=self.num_heads,
            key_size=self.key_size,
            mlp_width=self.mlp_width,
            embedding_dim=self.width,
            position_dim=self.width,
            token_clip=token_clip,
            initialization=Gaussian(0.05),
        )

    def training(
        self,
        name: str,
        kinds: tuple[str, ...],
        token_clip: float | None,
        schedule: Schedule,
        kept: Kept | None = None,
    ) -> Training:
        """Training of one network."""
        network = self.network(kinds, token_clip)
        return Training(name, self.task, Raw(), network, schedule, kept or Kept())


def published_stack(kind: str, depth: int) -> Training:
    """A stack at the published settings; those of softmax on these tokens are ours."""
    optimizer = SCHEDULED if kind == "softmax" else adam(1e-4)
    return stack(kind, depth, Schedule(NUM_STEPS[depth], 256, optimizer, 250, 2560))
