"""Tokens into deep features: a linear embedding and a residual MLP, token by token.

Shapes: B batch, M tokens, t token width, D embedding width.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import haiku as hk
import jax
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.attention import Products, SelfAttention, attend
from incontext.models.initialization import FanIn, Initialization


@dataclasses.dataclass(frozen=True)
class EmbeddingConfig:
    """Shape of an embedding.

    width: channels D of an embedded token.  widening: hidden units of the MLP per channel.

    Raises:
        Refusal: if the width leaves no room for inputs beside a target, or there
            is no hidden unit.

    Source: paper A, Section A.7.
    """

    width: int = 40
    widening: int = 4
    initialization: Initialization = dataclasses.field(default_factory=lambda: FanIn(0.002))

    def __post_init__(self) -> None:
        if self.width < 2:
            raise Refusal(
                f"width is {self.width}; it must be at least 2, one channel being the target."
            )
        if self.widening < 1:
            raise Refusal(f"widening is {self.widening}; it must be at least 1.")


class Embedding(hk.Module):
    """e = h + m(h), h = W e_0: no bias in W, one hidden GELU layer with biases in m.

    Parameters: "linear" (w), "hidden" and "output" (w, b) under the module's name.

    Source: paper A, Section A.7.
    """

    def __init__(self, config: EmbeddingConfig, name: str | None = None) -> None:
        super().__init__(name=name)
        self.config = config

    def __call__(self, tokens: Float[Array, "B M t"]) -> Float[Array, "B M D"]:
        """Embed every token on its own."""
        config = self.config
        hidden_width = config.widening * config.width
        start = config.initialization.for_fan_in
        linear = hk.Linear(
            config.width, with_bias=False, w_init=start(tokens.shape[-1]), name="linear"
        )
        hidden = hk.Linear(hidden_width, w_init=start(config.width), name="hidden")
        output = hk.Linear(config.width, w_init=start(hidden_width), name="output")
        embedded = linear(tokens)
        return embedded + output(jax.nn.gelu(hidden(embedded)))


class EmbeddedModel(NamedTuple):
    """A network as pure functions of its parameters.

    init(key, tokens) -> params; embed(params, tokens) -> embedded tokens [B, M, D];
    query(params, tokens) -> query token after the attention layer [B, D].
    """

    init: Callable[..., hk.Params]
    embed: Callable[[hk.Params, Array], Array]
    query: Callable[[hk.Params, Array], Array]


def build_embedded(config: EmbeddingConfig, attention: Products | None = None) -> EmbeddedModel:
    """Embedding and one linear attention layer, trained or, given its products, fixed.

    Both kinds draw the same embedding from the same key. Modules are "embedding" and,
    where the layer is trained, "layer_0".

    Source: paper A, Section A.7.
    """

    def embed(tokens: Array) -> Array:
        return Embedding(config, name="embedding")(tokens)

    def query(tokens: Array) -> Array:
        embedded = embed(tokens)
        last, context = embedded[:, -1:], embedded[:, :-1]
        if attention is None:
            layer = SelfAttention(1, config.width, config.initialization, name="layer_0")
            return (last + layer(last, context))[:, 0]
        return (last + attend(attention, last, context))[:, 0]

    whole = hk.without_apply_rng(hk.transform(query))
    half = hk.without_apply_rng(hk.transform(embed))
    return EmbeddedModel(whole.init, half.apply, whole.apply)
