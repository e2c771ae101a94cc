"""Sine regression in context: one unknown amplitude and phase per prompt.

Shapes: B prompts, N context examples; inputs and targets have one dimension.
"""

import dataclasses
import functools
import math
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key

from incontext.errors import Refusal
from incontext.tasks.types import Prompt

Coupling = Literal["independent", "published"]


class Waves(NamedTuple):
    """Amplitudes a and phases rho of y = a sin(rho + x)."""

    amplitudes: Float[Array, " B"]
    phases: Float[Array, " B"]


@dataclasses.dataclass(frozen=True)
class SineRegression:
    """Noise-free regression on y = a sin(rho + x) with a new a and rho for every prompt.

    a ~ U(amplitude_range), rho ~ U(phase_range), x ~ U(-input_range/2, input_range/2).
    coupling: "independent" draws amplitude and phase on their own, a family with two
    parameters; "published" draws both from one random number, so that their
    correlation is one and the family has a single parameter.

    Raises:
        Refusal: if there is no example, a range is empty, infinite or, for
            amplitudes, reaches below zero, or the coupling is unknown.

    Source: paper A, Section A.7; amplitude range and coupling follow the plotted
    results, not the text.
    """

    num_context: int = 10
    input_range: float = 10.0
    amplitude_range: tuple[float, float] = (0.1, 0.5)
    phase_range: tuple[float, float] = (0.0, math.pi)
    coupling: Coupling = "independent"

    def __post_init__(self) -> None:
        if self.num_context < 1:
            raise Refusal(f"num_context is {self.num_context}; it must be at least 1.")
        if not (math.isfinite(self.input_range) and self.input_range > 0):
            raise Refusal(f"input_range is {self.input_range}; it must be positive and finite.")
        for name in ("amplitude_range", "phase_range"):
            low, high = getattr(self, name)
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise Refusal(f"{name} is {(low, high)}; give two finite rising numbers.")
        if self.amplitude_range[0] < 0:
            raise Refusal(
                f"amplitude_range is {self.amplitude_range}; an amplitude must not be negative."
            )
        if self.coupling not in ("independent", "published"):
            raise Refusal(f"coupling is {self.coupling!r}; use 'independent' or 'published'.")

    @functools.partial(jax.jit, static_argnames=("self", "batch_size"))
    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Prompt:
        """Draw `batch_size` independent prompts."""
        # The batch axis is last while numbers are drawn, as in LinearRegression.
        wave_key, input_key = jax.random.split(key)
        waves = self.sample_waves(batch_size, key=wave_key)
        half, shape = self.input_range / 2, (self.num_context + 1, batch_size)
        inputs = jax.random.uniform(input_key, shape, minval=-half, maxval=half)
        targets = waves.amplitudes[None] * jnp.sin(waves.phases[None] + inputs)  # [N+1, B]
        inputs, targets = inputs.T[..., None], targets.T[..., None]  # [B, N+1, 1]
        return Prompt(inputs[:, :-1], targets[:, :-1], inputs[:, -1], targets[:, -1])

    @functools.partial(jax.jit, static_argnames=("self", "batch_size"))
    def sample_waves(self, batch_size: int, *, key: Key[Array, ""]) -> Waves:
        """Draw amplitude and phase of `batch_size` prompts."""
        shape = (1 if self.coupling == "published" else 2, batch_size)
        share = jax.random.uniform(key, shape)
        return Waves(
            _between(self.amplitude_range, share[0]), _between(self.phase_range, share[-1])
        )


def _between(bounds: tuple[float, float], share: Array) -> Array:
    low, high = bounds
    return low + (high - low) * share
