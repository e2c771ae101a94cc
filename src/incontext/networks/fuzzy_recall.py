"""Training of small networks with memory layers on fuzzy recall."""

import dataclasses

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Int, Key, PyTree

from incontext.errors import Refusal
from incontext.models.language import cross_entropy
from incontext.models.memory_layers import MemoryLayer, check_kind
from incontext.networks.learnables import Function
from incontext.networks.training import Training
from incontext.tasks.fuzzy_recall import FuzzyRecall, FuzzyTexts

CONVOLVED = 4  # tokens that a short convolution sees


@dataclasses.dataclass(frozen=True)
class FuzzyConfig:
    """Layers of one kind, each followed by a SwiGLU MLP, both after an RMSNorm.

    Before every memory layer a causal convolution over four tokens mixes each channel, so that a
    run of tokens can become one key.  mlp_width: of the MLP's inner layer.

    Raises:
        Refusal: if there is no such kind, or a size is not positive.

    Source: MAD (arXiv 2403.17844) and MesaNet (arXiv 2506.05233), two layers of width 128; MesaNet
    convolves queries and keys, we what they are projected from.
    """

    kind: str
    num_layers: int = 2
    width: int = 128
    num_heads: int = 8
    key_size: int = 16
    mlp_width: int = 352

    def __post_init__(self) -> None:
        check_kind(self.kind)
        for name in ("num_layers", "width", "num_heads", "key_size", "mlp_width"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")


@dataclasses.dataclass(frozen=True)
class FuzzyTraining(Training):
    """Training to predict every next token of a text; what is measured are values asked again."""

    network: FuzzyConfig  # pyright: ignore[reportIncompatibleVariableOverride] - of one kind
    task: FuzzyRecall  # pyright: ignore[reportIncompatibleVariableOverride] - of one kind

    def function(self) -> Function:
        """The network as pure functions of its parameters."""
        config, num_tokens = self.network, self.task.num_tokens

        def forward(tokens: Int[Array, "B T"]) -> Float[Array, "B T V"]:
            return logits(config, num_tokens, tokens)

        model = hk.without_apply_rng(hk.transform(forward))

        def predict(params: PyTree, batch: FuzzyTexts) -> Float[Array, "B T V"]:
            return model.apply(params, batch.inputs)

        def init(key: Key[Array, ""]) -> PyTree:
            return model.init(key, jnp.zeros((1, self.task.length), jnp.int32))

        return Function(init, predict, cross_entropy)


def logits(
    config: FuzzyConfig, num_tokens: int, tokens: Int[Array, "B T"]
) -> Float[Array, "B T V"]:
    """A logit for every possible next token; called inside `haiku.transform`."""
    start = hk.initializers.RandomNormal(0.02)
    stream = hk.Embed(num_tokens, config.width, w_init=start, name="tokens")(tokens)
    writes = jnp.ones(tokens.shape)
    for index in range(config.num_layers):
        mixed = convolve(_norm(f"norm_{index}")(stream), f"convolution_{index}")
        layer = MemoryLayer(config.kind, config.num_heads, config.key_size, name=f"layer_{index}")
        stream = stream + layer(mixed, writes, config.width)
        stream = stream + _swiglu(config, index, _norm(f"norm_mlp_{index}")(stream))
    return hk.Linear(num_tokens, name="prediction")(_norm("norm_final")(stream))


def convolve(stream: Float[Array, "B T W"], name: str) -> Float[Array, "B T W"]:
    """SiLU of a weighted sum of every channel over four tokens, the current one the last."""
    past = [
        jnp.pad(stream, ((0, 0), (back, 0), (0, 0)))[:, : stream.shape[1]]
        for back in range(CONVOLVED)
    ]
    return jax.nn.silu(_Taps(name=name)(jnp.stack(past)))


class _Taps(hk.Module):
    """A weight for every token back and channel."""

    def __call__(self, past: Float[Array, "C B T W"]) -> Float[Array, "B T W"]:
        start = hk.initializers.RandomNormal(CONVOLVED**-0.5)
        weights = hk.get_parameter("w", (CONVOLVED, past.shape[-1]), init=start)
        return jnp.einsum("cbtw,cw->btw", past, weights)


def _swiglu(
    config: FuzzyConfig, index: int, tokens: Float[Array, "B T W"]
) -> Float[Array, "B T W"]:
    def linear(width: int, name: str) -> hk.Linear:
        return hk.Linear(width, with_bias=False, name=f"mlp_{name}_{index}")

    gate = jax.nn.silu(linear(config.mlp_width, "gate")(tokens))
    return linear(config.width, "out")(gate * linear(config.mlp_width, "in")(tokens))


def _norm(name: str) -> hk.RMSNorm:
    return hk.RMSNorm(-1, name=name)
