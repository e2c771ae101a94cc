"""Training of one memory layer on associative recall."""

import dataclasses

import haiku as hk
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key, PyTree

from incontext.errors import Refusal
from incontext.models.language import cross_entropy
from incontext.models.memory_layers import MemoryLayer, check_kind
from incontext.networks.learnables import Function
from incontext.networks.training import Training
from incontext.tasks.recall import Associations, KeyValues


@dataclasses.dataclass(frozen=True)
class RecallConfig:
    """One memory layer whose output is a logit for every value; there is nothing else.

    kind: a name of `incontext.models.memory_layers.KINDS`.

    Raises:
        Refusal: if there is no such kind, or a size is not positive.
    """

    kind: str
    num_heads: int = 1
    key_size: int = 16

    def __post_init__(self) -> None:
        check_kind(self.kind)
        for name in ("num_heads", "key_size"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")


@dataclasses.dataclass(frozen=True)
class RecallTraining(Training):
    """Training of one memory layer to name the value of every key that is asked for.

    Tokens that ask are read and not written.  The loss is the surprise at the right value, in nats.
    """

    network: RecallConfig  # pyright: ignore[reportIncompatibleVariableOverride] - of one kind
    task: KeyValues  # pyright: ignore[reportIncompatibleVariableOverride] - of one kind

    def function(self) -> Function:
        """The network as pure functions of its parameters; it reads sequences of any length."""
        config, num_values = self.network, self.task.num_values

        def forward(tokens: Float[Array, "B T W"]) -> Float[Array, "B T V"]:
            layer = MemoryLayer(config.kind, config.num_heads, config.key_size, name="layer_0")
            return layer(tokens, 1.0 - tokens[..., -1], num_values)

        model = hk.without_apply_rng(hk.transform(forward))

        def predict(params: PyTree, batch: Associations) -> Float[Array, "B M V"]:
            return model.apply(params, batch.inputs)[:, -batch.labels.shape[1] :]

        def init(key: Key[Array, ""]) -> PyTree:
            return model.init(key, jnp.zeros((1, 2, self.task.token_dim)))

        return Function(init, predict, cross_entropy)
