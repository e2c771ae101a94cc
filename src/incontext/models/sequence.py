"""Transformers over sequences: every position attends to itself and its past.

Tokens come constructed, with empty channels for the prediction, or raw, and are
then embedded and read out linearly.

Shapes: B batch, T positions, D token width, n observed width, P position width,
S stages of the residual stream (the tokens and what every layer makes of them, one
more than layers).
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.attention import Products, attend_to_past
from incontext.models.initialization import Gaussian, Initialization
from incontext.models.kinds import KINDS
from incontext.models.readout import read_next_state
from incontext.models.transformer import clip_tokens, residual_mlp


@dataclasses.dataclass(frozen=True)
class SequenceConfig:
    """Shape of an autoregressive Transformer.

    kinds: attention of every layer, as in `KINDS`.  key_size: width of queries, keys and values.
    embedding_dim: tokens come raw; they are embedded linearly to this width and predictions
    read out linearly, without biases.  None: tokens come constructed, and the prediction is
    their first channels.
    position_dim: width of the sinusoidal position that the first layer's queries
    and keys see beside the token; None for none.
    token_clip: tokens are clipped to +-token_clip after every layer.
    mlp_width: hidden width of a residual MLP without biases after every layer; None for none.

    Raises:
        Refusal: if there is no layer, a kind is unknown, or a size is not positive.

    Source: paper B, Section F.1 and Table 1.
    """

    kinds: tuple[str, ...] = ("linear",)
    num_heads: int = 4
    key_size: int = 20
    embedding_dim: int | None = None
    position_dim: int | None = None
    token_clip: float | None = 4.0
    mlp_width: int | None = None
    initialization: Initialization = dataclasses.field(default_factory=lambda: Gaussian(0.0002))

    def __post_init__(self) -> None:
        if not self.kinds:
            raise Refusal("kinds is empty; give one entry per layer, such as ('linear',).")
        unknown = set(self.kinds) - set(KINDS)
        if unknown:
            raise Refusal(f"kinds holds {min(unknown)!r}; use {', '.join(KINDS)}.")
        for name in ("num_heads", "key_size"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")
        for name in ("embedding_dim", "position_dim", "token_clip", "mlp_width"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise Refusal(f"{name} is {value}; it must be positive, or None for none.")

    @property
    def num_layers(self) -> int:
        """Number of attention layers."""
        return len(self.kinds)


class SequenceModel(NamedTuple):
    """A Haiku network over sequences as pure functions of its parameters.

    init(key, tokens) -> params; apply(params, tokens) -> predictions [B, T, d_y];
    trace(params, tokens) -> residual stream [S, B, T, D], embedded tokens first.
    """

    init: Callable[..., hk.Params]
    apply: Callable[[hk.Params, Array], Array]
    trace: Callable[[hk.Params, Array], Array]


def build(config: SequenceConfig, output_dim: int) -> SequenceModel:
    """Model for a configuration, with predictions of width d_y = output_dim.

    Modules are "embedding", "layer_0", "mlp_in_0", "mlp_out_0", ... and "prediction".
    """
    apply = hk.without_apply_rng(hk.transform(lambda tokens: _predict(config, output_dim, tokens)))
    trace = hk.without_apply_rng(hk.transform(lambda tokens: jnp.stack(_stream(config, tokens))))
    return SequenceModel(apply.init, apply.apply, trace.apply)


def sinusoids(length: int, width: int) -> Float[Array, "T P"]:
    """Positions as sines (even channels) and cosines (odd channels).

    p_t,2i = sin(t / 10000^(2i/P)),  p_t,2i+1 = cos(t / 10000^(2i/P)),  t = 0 ... T-1.

    Source: paper B, Section F.1.3; the usual encoding.
    """
    channels = jnp.arange(width)
    rates = 10_000.0 ** (-2.0 * (channels // 2) / width)
    angles = jnp.arange(length)[:, None] * rates[None]
    return jnp.where(channels[None] % 2 == 0, jnp.sin(angles), jnp.cos(angles))


def trace_products(
    layers: Sequence[Products], tokens: Float[Array, "B T D"], *, token_clip: float | None = None
) -> Float[Array, "S B T D"]:
    """Residual stream of a linear stack that is given by its products alone.

    e <- clip(e + sum_h P_h W_V,h sum_{s <= t} e_s e_s^T W_K,h^T W_Q,h e_t), layer by layer.

    Source: paper B, Equation 2.
    """
    stream = [tokens]
    for products in layers:
        update = attend_to_past(products, stream[-1])
        stream.append(clip_tokens(stream[-1] + update, token_clip))
    return jnp.stack(stream)


def _predict(
    config: SequenceConfig, output_dim: int, tokens: Float[Array, "B T n"]
) -> Float[Array, "B T d_y"]:
    final = _stream(config, tokens)[-1]
    if config.embedding_dim is not None:
        return _linear(config, output_dim, "prediction")(final)
    return read_next_state(final, output_dim)


def _stream(config: SequenceConfig, tokens: Float[Array, "B T n"]) -> list[Array]:
    if config.embedding_dim is not None:
        tokens = _linear(config, config.embedding_dim, "embedding")(tokens)
    stream = [tokens]
    for index, kind in enumerate(config.kinds):
        stream.append(_layer(config, kind, index)(stream[-1]))
    return stream


def _layer(config: SequenceConfig, kind: str, index: int) -> Callable[[Array], Array]:
    attention = _attention(config, kind, index)

    def layer(tokens: Array) -> Array:
        tokens = tokens + attention(tokens)
        mlp = residual_mlp(
            tokens.shape[-1], config.mlp_width, config.initialization, index, with_bias=False
        )
        if mlp is not None:
            tokens = tokens + mlp(tokens)
        return clip_tokens(tokens, config.token_clip)

    return layer


def _attention(config: SequenceConfig, kind: str, index: int) -> Callable[[Array], Array]:
    make = KINDS[kind]
    layer = make(config.num_heads, config.key_size, config.initialization, f"layer_{index}")
    width = config.position_dim if index == 0 else None

    def attend(tokens: Array) -> Array:
        length = tokens.shape[1]
        positions = None if width is None else sinusoids(length, width).astype(tokens.dtype)
        return layer(tokens, positions)

    return attend


def _linear(config: SequenceConfig, width: int, name: str) -> Callable[[Array], Array]:
    """A linear map without bias that starts like every other matrix."""

    def apply(tokens: Array) -> Array:
        start = config.initialization.for_fan_in(tokens.shape[-1])
        return hk.Linear(width, with_bias=False, w_init=start, name=name)(tokens)

    return apply
