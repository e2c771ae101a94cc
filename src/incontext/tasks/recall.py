"""Associative recall: pairs of a key and a value are shown, then keys are asked for.

Shapes: B sequences, N pairs, M keys asked for, T = N + M positions, D key width, V values,
W = D + V + 1 token width.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int, Key

from incontext.errors import Refusal


class Associations(NamedTuple):
    """Sequences that show pairs and then ask: tokens, and the value of every key asked for."""

    tokens: Float[Array, "B T W"]
    labels: Int[Array, "B M"]

    @property
    def inputs(self) -> Float[Array, "B T W"]:
        """Tokens that a model reads."""
        return self.tokens

    @property
    def targets(self) -> Int[Array, "B M"]:
        """Values that it has to name at the last M positions."""
        return self.labels


@dataclasses.dataclass(frozen=True)
class KeyValues:
    """Keys of length one, each bound to one of V values, then asked for without it.

    A key is k = sqrt(c) u + sqrt(1 - c) z, scaled to length one, with z new for every key.
    Two keys of a sequence have an inner product of about c.
    correlation: c.
    shared: u is the same in all sequences; otherwise every sequence has its own.
    rebound: the first half of the pairs are keys bound once, the second half the same keys bound
        to other values, in the same order; the second value is right.

    Raises:
        Refusal: if a size is not positive, c is not in [0, 1), a direction is shared that no key
            has, or the keys to be bound twice make no whole number of pairs.
    """

    num_pairs: int = 16
    key_dim: int = 16
    num_values: int = 32
    correlation: float = 0.0
    shared: bool = False
    rebound: bool = False

    def __post_init__(self) -> None:
        for name in ("num_pairs", "key_dim", "num_values"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if not 0 <= self.correlation < 1:
            raise Refusal(f"correlation is {self.correlation}; it must be in [0, 1).")
        if self.shared and not self.correlation:
            raise Refusal("shared is true and correlation 0; there is no direction to share.")
        if self.rebound and self.num_pairs % 2:
            raise Refusal(f"num_pairs is {self.num_pairs}; keys bound twice need an even number.")

    @property
    def num_keys(self) -> int:
        """Different keys M, all of which are asked for."""
        return self.num_pairs // 2 if self.rebound else self.num_pairs

    @property
    def token_dim(self) -> int:
        """Width of a token: the key, the value as one of V, and whether it asks."""
        return self.key_dim + self.num_values + 1

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Associations:
        """Draw `batch_size` independent sequences."""
        for_keys, for_values = jax.random.split(key)
        different = self.draw_keys(batch_size, key=for_keys)
        shape = (batch_size, self.num_pairs)
        values = jax.random.randint(for_values, shape, 0, self.num_values)
        return self.lay_out(different, values)

    def lay_out(self, keys: Float[Array, "B M D"], values: Int[Array, "B N"]) -> Associations:
        """Tokens (k, v, 0) of every pair, then (k, 0, 1) of every key that is asked for."""
        batch, num_keys = keys.shape[:2]
        written = jnp.concatenate([keys, keys], axis=1) if self.rebound else keys
        asks = jnp.concatenate([jnp.zeros(self.num_pairs), jnp.ones(num_keys)])
        hot = jax.nn.one_hot(values, self.num_values)
        empty = jnp.zeros((batch, num_keys, self.num_values))
        parts = (
            jnp.concatenate([written, keys], axis=1),
            jnp.concatenate([hot, empty], axis=1),
            jnp.broadcast_to(asks[None, :, None], (batch, len(asks), 1)),
        )
        return Associations(jnp.concatenate(parts, axis=-1), values[:, self.num_pairs - num_keys :])

    def draw_keys(self, batch_size: int, *, key: Key[Array, ""]) -> Float[Array, "B M D"]:
        """The different keys of every sequence."""
        for_common, for_own = jax.random.split(key)
        common = jnp.ones((batch_size, 1, self.key_dim))
        if not self.shared:
            common = jax.random.normal(for_common, common.shape)
        own = jax.random.normal(for_own, (batch_size, self.num_keys, self.key_dim))
        mixed = self.correlation**0.5 * _unit(common)
        return _unit(mixed + (1 - self.correlation) ** 0.5 * own / self.key_dim**0.5)


def _unit(vectors: Array) -> Array:
    return vectors / jnp.linalg.norm(vectors, axis=-1, keepdims=True)
