"""Optimiser settings as values."""

import dataclasses

import optax

from incontext.errors import Refusal


@dataclasses.dataclass(frozen=True)
class AdamConfig:
    """AdamW with optional warm-up, cosine decay and gradient clipping.

    clip_norm: global-norm bound.  clip_value: element-wise bound.
    warmup_steps: linear rise from zero.  decay_steps: end of a cosine decay to
    final_learning_rate (counted from step 0); None keeps the rate constant.

    Raises:
        Refusal: if the learning rate or a clipping bound is not positive, a rate,
            decay or count is negative, a moment's decay lies outside [0, 1), or the
            decay of the learning rate ends before the warm-up does.

    Source: paper A, Section A.12; paper B, Appendix F, Tables 1-3.
    """

    learning_rate: float
    b1: float = 0.9
    b2: float = 0.98
    weight_decay: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    warmup_steps: int = 0
    decay_steps: int | None = None
    final_learning_rate: float = 0.0

    def __post_init__(self) -> None:
        if not self.learning_rate > 0:
            raise Refusal(f"learning_rate is {self.learning_rate}; it must be positive.")
        for name in ("clip_norm", "clip_value"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise Refusal(f"{name} is {value}; it must be positive, or None for none.")
        for name in ("weight_decay", "warmup_steps", "final_learning_rate"):
            if not getattr(self, name) >= 0:
                raise Refusal(f"{name} is {getattr(self, name)}; it must not be negative.")
        for name in ("b1", "b2"):
            if not 0 <= getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must lie in [0, 1).")
        if self.decay_steps is not None and self.decay_steps <= self.warmup_steps:
            raise Refusal(
                f"decay_steps is {self.decay_steps}; it must exceed warmup_steps = "
                f"{self.warmup_steps}."
            )

    def build(self) -> optax.GradientTransformation:
        """The optimiser."""
        transforms = []
        if self.clip_norm is not None:
            transforms.append(optax.clip_by_global_norm(self.clip_norm))
        if self.clip_value is not None:
            transforms.append(optax.clip(self.clip_value))
        adam = optax.adamw(self._schedule(), b1=self.b1, b2=self.b2, weight_decay=self.weight_decay)
        return optax.chain(*transforms, adam)

    def _schedule(self) -> optax.ScalarOrSchedule:
        if self.decay_steps is None:
            if not self.warmup_steps:
                return self.learning_rate
            return optax.linear_schedule(0.0, self.learning_rate, self.warmup_steps)
        return optax.warmup_cosine_decay_schedule(
            0.0,
            self.learning_rate,
            self.warmup_steps,
            self.decay_steps,
            self.final_learning_rate,
        )
