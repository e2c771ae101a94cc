"""One linear layer and a LayerNorm, in the ways that a text may leave open."""

import dataclasses
from typing import Literal

import haiku as hk
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.attention import SelfAttention
from incontext.models.initialization import FanIn, Initialization

Way = Literal["plain", "context only", "stream", "after"]


@dataclasses.dataclass(frozen=True)
class NormalisedConfig:
    """Shape of one linear layer with one head and a LayerNorm LN.

    way: what is normalised, with e the query's token and C those of the context.
        "plain": e + attention(LN e, LN C) with neither scale nor offset.
        "context only": e + attention(e, LN C).
        "stream": LN e + attention(LN e, LN C).
        "after": LN(e + attention(e, C)).
    All but the first have a learned scale and offset.

    Raises:
        Refusal: if there is no such way.

    Source: paper A, Section A.9, which prints none of this.
    """

    way: Way
    initialization: Initialization = dataclasses.field(default_factory=lambda: FanIn(0.002))

    def __post_init__(self) -> None:
        ways = Way.__args__  # pyright: ignore[reportAttributeAccessIssue]
        if self.way not in ways:
            raise Refusal(f"way is {self.way!r}; use one of {', '.join(map(repr, ways))}.")


def query(config: NormalisedConfig, tokens: Float[Array, "B M D"]) -> Float[Array, "B D"]:
    """Final query token; called inside `haiku.transform`."""
    width, learned = tokens.shape[-1], config.way != "plain"
    attention = SelfAttention(1, width, config.initialization, "linear", name="layer_0")
    norm = hk.LayerNorm(-1, learned, learned, name="norm_0")
    asking, context = tokens[:, -1:], tokens[:, :-1]
    if config.way == "after":
        return norm(asking + attention(asking, context))[:, 0]
    if config.way == "context only":
        return (asking + attention(asking, norm(context)))[:, 0]
    stream = norm(asking) if config.way == "stream" else asking
    return (stream + attention(norm(asking), norm(context)))[:, 0]
