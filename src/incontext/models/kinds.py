"""The kinds of attention that a sequence model can be made of; a new one is a line in KINDS.

Shapes: B batch, T positions, D token width, P position width.
"""

from collections.abc import Callable
from typing import Literal

from jax import Array
from jaxtyping import Float

from incontext.models.attention import SelfAttention, address
from incontext.models.initialization import Initialization
from incontext.models.mesa import MesaAttention
from incontext.models.unit_keys import UnitMesa, UnitSoftmax

Attention = Callable[[Float[Array, "B T D"], Float[Array, "T P"] | None], Float[Array, "B T D"]]
MakeAttention = Callable[[int, int, Initialization, str], Attention]


def _attention(weighting: Literal["linear", "softmax"]) -> MakeAttention:
    def make(num_heads: int, key_size: int, initialization: Initialization, name: str) -> Attention:
        return SelfAttention(num_heads, key_size, initialization, weighting, name=name).over_past

    return make


def _mesa(layer_class: type[MesaAttention]) -> MakeAttention:
    def make(num_heads: int, key_size: int, initialization: Initialization, name: str) -> Attention:
        layer = layer_class(num_heads, key_size, initialization, name=name)
        return lambda tokens, positions: layer(tokens, address(tokens, positions))

    return make


KINDS: dict[str, MakeAttention] = {
    "linear": _attention("linear"),
    "softmax": _attention("softmax"),
    "mesa": _mesa(MesaAttention),
    "unit-softmax": UnitSoftmax,
    "unit-mesa": _mesa(UnitMesa),
}
"""Kind -> function of heads, key width, start and module name, called inside `haiku.transform`.

It gives the causal update of every token, which the caller adds to the residual stream; where
positions are given, queries and keys see them beside the tokens.  In kinds that begin with "unit-"
queries and keys are divided by their L2 norm.
"""
