"""A fixed set of prompts that training sees again and again.

Shapes: B prompts.
"""

import dataclasses

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Key

from incontext.errors import Refusal
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt

SET_SEED = 1_999_999_999  # far above any training seed, and not that of evaluation


@dataclasses.dataclass(frozen=True)
class FixedSet:
    """So many prompts of a linear regression, drawn once; every batch is taken from them.

    A batch of `num_prompts` is the whole set in its order.  A smaller one is drawn without
    replacement, a larger one with it.
    task: the distribution they come from.  set_seed: another number is another set.

    Raises:
        Refusal: if there is no prompt.

    Source: paper A, Figures 15 (right) and 16.
    """

    num_prompts: int
    task: LinearRegression = dataclasses.field(default_factory=LinearRegression)
    set_seed: int = 0

    def __post_init__(self) -> None:
        if self.num_prompts < 1:
            raise Refusal(f"num_prompts is {self.num_prompts}; it must be at least 1.")

    def whole(self) -> Prompt:
        """All prompts of the set."""
        key = jax.random.fold_in(jax.random.key(SET_SEED), self.set_seed)
        return self.task.sample(self.num_prompts, key=key)

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Prompt:
        """Draw `batch_size` prompts of the set."""
        prompts = self.whole()
        if batch_size == self.num_prompts:
            return prompts
        again = batch_size > self.num_prompts
        rows = jax.random.choice(key, self.num_prompts, (batch_size,), replace=again)
        return jax.tree.map(lambda leaf: jnp.take(leaf, rows, axis=0), prompts)
