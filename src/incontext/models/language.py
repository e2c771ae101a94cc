"""Language models: tokens as numbers in, a logit for every possible next token out.

Shapes: B passages, T positions, V tokens of the vocabulary, W width of the residual stream,
H heads, K key width, F width of features.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int

from incontext.errors import Refusal
from incontext.models.mesa import mesa_attention

KINDS = ("softmax", "linear", "mesa")
_SMALLEST_NORM = 1e-12  # squared, of a key that is divided by its norm


@dataclasses.dataclass(frozen=True)
class LanguageConfig:
    """Shape of a language model: GPT-2 with other kinds of attention.

    kinds: attention of every layer, "softmax", "linear" or "mesa".
    feature_order: nu of the DPFP features of queries and keys in layers other than softmax; 0 for
    queries and keys themselves.  Both are divided by their L2 norm.
    shift_keys: keys are those of the token before, so that a single layer finds what followed.
    mlp_factor: hidden width of the MLPs in widths of the residual stream; None for no MLP.
    std: standard deviation that weights start with.

    Raises:
        Refusal: if a kind is unknown, a size is not positive, or there are features that no layer
            uses.

    Source: paper B, Section G and Table 4.  Ours: tied input and output vectors, no dropout.
    """

    kinds: tuple[str, ...] = ("softmax", "mesa")
    width: int = 64
    num_heads: int = 4
    key_size: int = 16
    feature_order: int = 3
    shift_keys: bool = False
    mlp_factor: int | None = None
    std: float = 0.02

    def __post_init__(self) -> None:
        if not self.kinds or set(self.kinds) - set(KINDS):
            raise Refusal(f"kinds is {self.kinds}; give one per layer out of {', '.join(KINDS)}.")
        for name in ("width", "num_heads", "key_size", "std"):
            if not getattr(self, name) > 0:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be positive.")
        if self.mlp_factor is not None and self.mlp_factor < 1:
            raise Refusal(f"mlp_factor is {self.mlp_factor}; it must be at least 1, or None.")
        if self.feature_order < 0:
            raise Refusal(f"feature_order is {self.feature_order}; it must not be negative.")
        if self.feature_order and set(self.kinds) == {"softmax"}:
            raise Refusal(
                f"feature_order is {self.feature_order} with softmax layers only, which do not "
                "use features; make it 0."
            )

    @property
    def num_layers(self) -> int:
        """Number of attention layers."""
        return len(self.kinds)


class LanguageModel(NamedTuple):
    """Pure functions: init(key, tokens) -> params; apply(params, tokens) -> logits [B, T, V]."""

    init: Callable[..., hk.Params]
    apply: Callable[[hk.Params, Array], Array]


def build(config: LanguageConfig, num_tokens: int, length: int) -> LanguageModel:
    """Model over a vocabulary of V = num_tokens, for passages of at most `length` positions.

    Modules are "tokens", "positions", "layer_0_query" and its like, "layer_0" with
    the ridge scales of a mesa layer, "mlp_in_0", "mlp_out_0",
    "norm_..." and "norm_final".
    """

    def forward(tokens: Int[Array, "B T"]) -> Float[Array, "B T V"]:
        start = hk.initializers.RandomNormal(config.std)
        known = hk.Embed(num_tokens, config.width, w_init=start, name="tokens")
        positions = hk.Embed(length, config.width, w_init=start, name="positions")
        stream = known(tokens) + positions.embeddings[None, : tokens.shape[1]]
        for index, kind in enumerate(config.kinds):
            stream = stream + _attention(config, kind, index, _norm(f"norm_{index}")(stream))
            if config.mlp_factor is not None:
                stream = stream + _mlp(config, index, _norm(f"norm_mlp_{index}")(stream))
        return _norm("norm_final")(stream) @ known.embeddings.T

    return LanguageModel(*hk.without_apply_rng(hk.transform(forward)))


def cross_entropy(logits: Float[Array, "*B V"], targets: Int[Array, "*B"]) -> Float[Array, "*B"]:
    """Surprise at every target in nats, -log softmax(logits)_target."""
    chosen = jnp.take_along_axis(logits, targets[..., None], axis=-1)[..., 0]
    return jax.nn.logsumexp(logits, axis=-1) - chosen


def features(vectors: Float[Array, "*B K"], order: int) -> Float[Array, "*B F"]:
    """Deterministic parameter-free projection (DPFP), divided by its L2 norm.

    With r = (relu(x), relu(-x)) the features are r_i r_{i-j} for every i and j = 1 ... order,
    indices taken around the circle: F = 2 K order.  Order 0: the vectors themselves, F = K.

    Source: paper B, Section G, after Schlag, Irie and Schmidhuber (2021), Equation 37.
    """
    if order:
        parts = jnp.concatenate([jax.nn.relu(vectors), jax.nn.relu(-vectors)], axis=-1)
        rolled = [parts * jnp.roll(parts, shift, axis=-1) for shift in range(1, order + 1)]
        vectors = jnp.concatenate(rolled, axis=-1)
    return vectors * jax.lax.rsqrt(jnp.sum(vectors**2, -1, keepdims=True) + _SMALLEST_NORM)


def shift(tokens: Float[Array, "B T W"]) -> Float[Array, "B T W"]:
    """The token before every token; zero before the first."""
    return jnp.pad(tokens[:, :-1], ((0, 0), (1, 0), (0, 0)))


class _RidgeScale(hk.Module):
    """Lambda of every head of a mesa layer; it starts at 1."""

    def __call__(self, num_heads: int) -> Float[Array, " H"]:
        return hk.get_parameter("ridge_scale", (num_heads,), init=jnp.ones)


def _attention(
    config: LanguageConfig, kind: str, index: int, tokens: Float[Array, "B T W"]
) -> Float[Array, "B T W"]:
    def project(name: str, inputs: Array) -> Float[Array, "B T H K"]:
        start = hk.initializers.RandomNormal(config.std)
        width = config.num_heads * config.key_size
        linear = hk.Linear(width, with_bias=False, w_init=start, name=f"layer_{index}_{name}")
        return linear(inputs).reshape(*inputs.shape[:2], config.num_heads, config.key_size)

    queries, values = project("query", tokens), project("value", tokens)
    keys = project("key", shift(tokens) if config.shift_keys else tokens)
    if kind != "softmax":
        queries, keys = (features(one, config.feature_order) for one in (queries, keys))
    if kind == "mesa":
        scales = _RidgeScale(name=f"layer_{index}")(config.num_heads)
        mixed = mesa_attention(queries, keys, values, scales)
    else:
        mixed = _mix(queries, keys, values, kind)
    outward = hk.Linear(
        config.width,
        with_bias=False,
        w_init=hk.initializers.RandomNormal(_toward_stream(config)),
        name=f"layer_{index}_output",
    )
    return outward(mixed.reshape(*tokens.shape[:2], -1))


def _mix(
    queries: Float[Array, "B T H F"],
    keys: Float[Array, "B T H F"],
    values: Float[Array, "B T H K"],
    kind: str,
) -> Float[Array, "B T H K"]:
    """Softmax or linear attention of every position to itself and its past."""
    scores = jnp.einsum("bthf,bshf->bhts", queries, keys)
    past = jnp.tri(queries.shape[1], dtype=bool)[None, None]
    if kind == "softmax":
        weights = jax.nn.softmax(scores / math.sqrt(keys.shape[-1]), axis=-1, where=past)
    else:
        weights = jnp.where(past, scores, 0.0)
    return jnp.einsum("bhts,bshk->bthk", weights, values)


def _mlp(
    config: LanguageConfig, index: int, tokens: Float[Array, "B T W"]
) -> Float[Array, "B T W"]:
    hidden = config.width * (config.mlp_factor or 0)
    start = hk.initializers.RandomNormal(config.std)
    outward = hk.initializers.RandomNormal(_toward_stream(config))
    inner = hk.Linear(hidden, w_init=start, name=f"mlp_in_{index}")(tokens)
    return hk.Linear(config.width, w_init=outward, name=f"mlp_out_{index}")(jax.nn.relu(inner))


def _toward_stream(config: LanguageConfig) -> float:
    """Matrices before the residual stream start smaller, by sqrt(2 L)."""
    return config.std / math.sqrt(2 * config.num_layers)


def _norm(name: str) -> hk.LayerNorm:
    return hk.LayerNorm(-1, True, True, name=name)
