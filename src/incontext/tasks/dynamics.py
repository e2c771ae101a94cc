"""Linear dynamics: one unknown orthogonal map per sequence.

Shapes: B sequences, T positions, n state dimension.
"""

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key

from incontext.tasks.types import Trajectory

STATE_BOUND = 10.0  # states are clipped to +-STATE_BOUND at every step


@dataclasses.dataclass(frozen=True)
class LinearDynamics:
    """Fully observed linear dynamics, s_{t+1} = W s_t + noise * xi_t.

    W is Haar-orthogonal and new for every sequence, s_1 ~ U(-1, 1) per entry, xi ~ N(0, 1).
    A trajectory holds T + 1 states: T that are read, each followed by one to predict.

    Raises:
        ValueError: if a size is not positive or the noise is negative.

    Source: paper B, Section 3.1; start and noise follow the authors' code, not the text.
    """

    state_dim: int = 10
    length: int = 50
    noise: float = 0.01

    def __post_init__(self) -> None:
        for name in ("state_dim", "length"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not self.noise >= 0:
            raise ValueError(f"noise is {self.noise}; it must not be negative.")

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Trajectory:
        """Draw `batch_size` independent trajectories [B, T + 1, n]."""
        teacher_key, start_key, noise_key = jax.random.split(key, 3)
        size = self.state_dim
        teachers = jax.random.orthogonal(teacher_key, size, (batch_size,))
        start = jax.random.uniform(start_key, (batch_size, size), minval=-1.0, maxval=1.0)
        shocks = self.noise * jax.random.normal(noise_key, (self.length, batch_size, size))

        def step(state: Array, shock: Array) -> tuple[Array, Array]:
            moved = jnp.einsum("bij,bj->bi", teachers, state) + shock
            moved = jnp.clip(moved, -STATE_BOUND, STATE_BOUND)
            return moved, moved

        _, later = jax.lax.scan(step, start, shocks)
        states: Float[Array, "S B n"] = jnp.concatenate([start[None], later])
        return Trajectory(jnp.swapaxes(states, 0, 1))
