"""Linear regression in context: one unknown linear map per prompt.

Shapes: B prompts, N context examples, d inputs, d_y outputs.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key

from incontext.errors import Refusal
from incontext.tasks.blocks import draw_in_blocks
from incontext.tasks.types import Prompt


@dataclasses.dataclass(frozen=True)
class LinearRegression:
    """Noise-free linear regression, y = W x with a new W for every prompt.

    W ~ N(0, target_scale^2) per entry, x ~ U(-a/2, a/2) per entry with
    a = input_range.  With `input_distribution="mixture"` every prompt draws its
    inputs from an exponential, a normal or a Laplace distribution (one of the
    three, uniformly), divides them by their Frobenius norm and multiplies by a.
    The first `num_noisy_targets` context targets are replaced by N(0, 1) noise.

    Raises:
        Refusal: if a size is not positive, a scale is not positive and
            finite, or more targets are noisy than there are.

    Source: paper A, Sections 3 and A.2; the half-width input range follows the
    plotted losses, not the text.
    """

    num_context: int = 10
    input_dim: int = 10
    output_dim: int = 1
    input_range: float = 1.0
    target_scale: float = 1.0
    input_distribution: str = "uniform"
    num_noisy_targets: int = 0

    def __post_init__(self) -> None:
        for name in ("num_context", "input_dim", "output_dim"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")
        for name in ("input_range", "target_scale"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise Refusal(f"{name} is {value}; it must be positive and finite.")
        if self.input_distribution not in ("uniform", "mixture"):
            raise Refusal(
                f"input_distribution is {self.input_distribution!r}; use 'uniform' or 'mixture'."
            )
        if not 0 <= self.num_noisy_targets <= self.num_context:
            raise Refusal(
                f"num_noisy_targets is {self.num_noisy_targets}; it must lie between 0 and "
                f"num_context = {self.num_context}."
            )

    @functools.partial(jax.jit, static_argnames=("self", "batch_size"))
    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Prompt:
        """Draw `batch_size` independent prompts."""
        numbers = (self.num_context + 1 + self.output_dim) * self.input_dim
        return draw_in_blocks(self._draw, batch_size, numbers_each=numbers, key=key)

    def _draw(self, batch_size: int, key: Key[Array, ""]) -> Prompt:
        # The batch axis is last while numbers are drawn and multiplied, so that a CPU
        # vectorises over it; the barrier keeps the compiler from drawing them twice.
        weight_key, input_key, noise_key = jax.random.split(key, 3)
        shape = (self.output_dim, self.input_dim, batch_size)
        weights = self.target_scale * jax.random.normal(weight_key, shape)
        inputs = self._sample_inputs(batch_size, key=input_key)  # [N+1, d, B], query last
        weights, inputs = jax.lax.optimization_barrier((weights, inputs))
        targets = jnp.sum(weights[None] * inputs[:, None], axis=2)  # [N+1, d_y, B]
        context_targets = targets[:-1]
        if self.num_noisy_targets:
            noise = jax.random.normal(noise_key, context_targets.shape)
            noisy = jnp.arange(self.num_context)[:, None, None] < self.num_noisy_targets
            context_targets = jnp.where(noisy, noise, context_targets)
        last_first = Prompt(inputs[:-1], context_targets, inputs[-1], targets[-1])
        return jax.tree.map(lambda array: jnp.moveaxis(array, -1, 0), last_first)

    def _sample_inputs(self, batch_size: int, *, key: Key[Array, ""]) -> Float[Array, "M d B"]:
        shape = (self.num_context + 1, self.input_dim, batch_size)
        if self.input_distribution == "uniform":
            half = self.input_range / 2
            return jax.random.uniform(key, shape, minval=-half, maxval=half)
        choice_key, *value_keys = jax.random.split(key, 4)
        samplers = (jax.random.exponential, jax.random.normal, jax.random.laplace)
        candidates = [draw(k, shape) for draw, k in zip(samplers, value_keys, strict=True)]
        choice = jax.random.randint(choice_key, (1, 1, batch_size), 0, len(samplers))
        inputs = jnp.select([choice == i for i in range(len(samplers))], candidates)
        norm = jnp.linalg.norm(inputs[:-1], axis=(0, 1), keepdims=True)
        return self.input_range * inputs / norm


def rescale(
    prompt: Prompt, input_factor: float | Array = 1.0, weight_factor: float | Array = 1.0
) -> Prompt:
    """The same prompts with inputs and teacher weights multiplied by factors.

    x <- input_factor x,  W <- weight_factor W, hence y <- input_factor weight_factor y.

    Source: paper A, Section A.2: larger inputs and larger targets than in training.
    """
    factor = input_factor * weight_factor
    return Prompt(
        prompt.context_inputs * input_factor,
        prompt.context_targets * factor,
        prompt.query_inputs * input_factor,
        prompt.query_targets * factor,
    )
