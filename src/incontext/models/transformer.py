"""Transformers over prompts: attention layers on a residual stream.

Keys and values come from the context tokens only; the query token, last in the
sequence, reads but is never read.

Shapes: B batch, M tokens, N = M - 1 of them context, D token width, L layers,
S = L + 1 stages of the residual stream.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.attention import Products, SelfAttention, Weighting, merge
from incontext.models.initialization import FanIn, Initialization


@dataclasses.dataclass(frozen=True)
class TransformerConfig:
    """Shape of an attention-only Transformer over prompts.

    weightings: one entry per layer.
    key_size: width of queries, keys and values; None for that of a token.
    tied: all layers share their parameters.
    token_clip: tokens are clipped to +-token_clip after every layer.
    layer_norm: one entry per layer, whether tokens are normalised before it.
    mlp_width: hidden width of a residual MLP after every layer.

    Raises:
        Refusal: if there is no layer, a tied model mixes layers, or a size is
            not positive.

    Source: paper A, Sections 3 and A.12.
    """

    weightings: tuple[Weighting, ...] = ("linear",)
    num_heads: int = 1
    key_size: int | None = None
    tied: bool = False
    token_clip: float | None = None
    layer_norm: tuple[bool, ...] = ()
    mlp_width: int | None = None
    initialization: Initialization = dataclasses.field(default_factory=lambda: FanIn(0.002))

    def __post_init__(self) -> None:
        if self.num_heads < 1:
            raise Refusal(f"num_heads is {self.num_heads}; it must be at least 1.")
        if not self.weightings:
            raise Refusal("weightings is empty; give one entry per layer, such as ('linear',).")
        if self.tied and len(set(zip(self.weightings, self.normalised, strict=True))) > 1:
            raise Refusal(
                f"weightings is {self.weightings} with tied layers; a tied model repeats one layer."
            )
        for name in ("key_size", "token_clip", "mlp_width"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise Refusal(f"{name} is {value}; it must be positive, or None for none.")
        if self.layer_norm and len(self.layer_norm) != len(self.weightings):
            raise Refusal(
                f"layer_norm has {len(self.layer_norm)} entries for {len(self.weightings)} "
                "layers; give one per layer."
            )

    @property
    def num_layers(self) -> int:
        """Number of attention layers, counting repetitions of a tied one."""
        return len(self.weightings)

    def key_width(self, token_dim: int) -> int:
        """Width of queries, keys and values for tokens of width D."""
        return token_dim if self.key_size is None else self.key_size

    @property
    def normalised(self) -> tuple[bool, ...]:
        """Per layer, whether its tokens are normalised first."""
        return self.layer_norm or (False,) * len(self.weightings)


Layer = Callable[[Array, Array], Array]


def final_query(layers: list[Layer], tokens: Float[Array, "B M D"]) -> Float[Array, "B D"]:
    """Final query token; the last layer is computed for the query alone."""
    for layer in layers[:-1]:
        tokens = layer(tokens, tokens[:, :-1])
    return layers[-1](tokens[:, -1:], tokens[:, :-1])[:, 0]


def residual_stream(layers: list[Layer], tokens: Float[Array, "B M D"]) -> Float[Array, "S B M D"]:
    """All tokens before the first layer and after each layer, S = L + 1."""
    stream = [tokens]
    for layer in layers:
        stream.append(layer(stream[-1], stream[-1][:, :-1]))
    return jnp.stack(stream)


def layer_stack(config: TransformerConfig, token_dim: int) -> list[Layer]:
    """The layers of a Transformer over tokens of width D, as functions (tokens, context) -> tokens.

    Called inside `haiku.transform`; a tied model repeats one layer.
    """
    if config.tied:
        return [_layer(config, token_dim, 0)] * config.num_layers
    return [_layer(config, token_dim, index) for index in range(config.num_layers)]


def _layer(config: TransformerConfig, token_dim: int, index: int) -> Layer:
    attention = SelfAttention(
        config.num_heads,
        config.key_width(token_dim),
        config.initialization,
        config.weightings[index],
        name=f"layer_{index}",
    )
    norm = hk.LayerNorm(-1, True, True, name=f"norm_{index}") if config.normalised[index] else None
    mlp = residual_mlp(token_dim, config.mlp_width, config.initialization, index)

    def layer(tokens: Array, context: Array) -> Array:
        if norm is None:
            tokens = tokens + attention(tokens, context)
        else:
            tokens = tokens + attention(norm(tokens), norm(context))
        if mlp is not None:
            tokens = tokens + mlp(tokens)
        return clip_tokens(tokens, config.token_clip)

    return layer


def residual_mlp(
    width: int,
    hidden_width: int | None,
    initialization: Initialization,
    index: int,
    *,
    with_bias: bool = True,
) -> Callable[[Array], Array] | None:
    """Update of every token by a two-layer GELU network; None without a width."""
    if hidden_width is None:
        return None
    start = initialization.for_fan_in
    inward = hk.Linear(hidden_width, with_bias, start(width), name=f"mlp_in_{index}")
    outward = hk.Linear(width, with_bias, start(hidden_width), name=f"mlp_out_{index}")
    return lambda tokens: outward(jax.nn.gelu(inward(tokens)))


def clip_tokens(tokens: Array, bound: float | None) -> Array:
    """Tokens clipped to +-bound; untouched for bound None."""
    return tokens if bound is None else jnp.clip(tokens, -bound, bound)


class Model(NamedTuple):
    """A Haiku network as pure functions of its parameters.

    init(key, tokens) -> params; query(params, tokens) -> final query token [B, D];
    trace(params, tokens) -> residual stream [S, B, M, D].
    """

    init: Callable[..., hk.Params]
    query: Callable[[hk.Params, Array], Array]
    trace: Callable[[hk.Params, Array], Array]


def build(config: TransformerConfig) -> Model:
    """Model for a configuration."""

    def layers(tokens: Array) -> list[Layer]:
        return layer_stack(config, tokens.shape[-1])

    query = hk.without_apply_rng(hk.transform(lambda tokens: final_query(layers(tokens), tokens)))
    trace = hk.without_apply_rng(
        hk.transform(lambda tokens: residual_stream(layers(tokens), tokens))
    )
    return Model(query.init, query.apply, trace.apply)


def layer_products(params: hk.Params, index: int = 0) -> Products:
    """Products of layer `index`; leading axes of the parameters (seeds) are kept."""
    return merge(dict(params[f"layer_{index}"]))
