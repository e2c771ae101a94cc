"""Pairs of a linear map, to be laid out as a prompt for a model of sequences.

Shapes: B prompts, N pairs, n width of inputs and outputs.
"""

import dataclasses
import math

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Key

from incontext.errors import Refusal
from incontext.tasks.types import Pairs


@dataclasses.dataclass(frozen=True)
class LinearPairs:
    """Pairs y_i = W x_i + noise * xi_i, with W Haar-orthogonal and new for every prompt.

    x ~ U(-1, 1) per entry, xi ~ N(0, 1).
    switch: pairs from number `switch` on, counted from 0, are of a second, independent W.

    Raises:
        Refusal: if a size is not positive, the noise negative or not finite, or the switch not
            between two pairs.

    Source: paper B, Figure 8; inputs and noise follow the authors' code (the text has N(0, I)).
    """

    dim: int = 10
    num_pairs: int = 60
    noise: float = 0.01
    switch: int | None = None

    def __post_init__(self) -> None:
        for name in ("dim", "num_pairs"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not (math.isfinite(self.noise) and self.noise >= 0):
            raise Refusal(f"noise is {self.noise}; it must be finite and not negative.")
        if self.switch is not None and not 1 <= self.switch < self.num_pairs:
            raise Refusal(
                f"switch is {self.switch}; it must be at least 1 and below num_pairs = "
                f"{self.num_pairs}."
            )

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Pairs:
        """Draw `batch_size` independent prompts."""
        map_key, input_key, noise_key = jax.random.split(key, 3)
        shape = (batch_size, self.num_pairs, self.dim)
        inputs = jax.random.uniform(input_key, shape, minval=-1.0, maxval=1.0)
        maps = jax.random.orthogonal(map_key, self.dim, (2, batch_size))
        first, second = (jnp.einsum("bij,btj->bti", one, inputs) for one in maps)
        late = jnp.arange(self.num_pairs) >= (self.switch or self.num_pairs)
        outputs = jnp.where(late[None, :, None], second, first)
        return Pairs(inputs, outputs + self.noise * jax.random.normal(noise_key, shape))
