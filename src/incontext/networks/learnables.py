"""What can be trained: settings that become pure functions of parameters.

Four of them are Transformers, over prompts, over trajectories, on deep features and over text; two
are algorithms with a few free numbers, which are trained in the same way.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, Key, PyTree

from incontext.analysis import compression
from incontext.analysis.compression import BlockScales
from incontext.baselines import descent
from incontext.baselines.descent import Descent
from incontext.errors import Refusal
from incontext.models import constructed, language, sequence, transformer
from incontext.models.attention import Products, merge
from incontext.models.embedding import EmbeddedModel, EmbeddingConfig, build_embedded
from incontext.models.language import LanguageConfig
from incontext.models.readout import read_next_state, read_prediction
from incontext.models.sequence import SequenceConfig
from incontext.models.transformer import TransformerConfig
from incontext.networks.layouts import Tokens
from incontext.tasks.regression import LinearRegression
from incontext.tasks.sine import SineRegression
from incontext.tasks.text import Addresses
from incontext.tasks.types import Batch, Passage, Prompt, Task, Trajectory

NUM_CHANNELS = 4  # of a constructed token
_SPREAD = 0.03  # of the numbers that a compressed stack starts from
_GROWTH = 4.0  # start of every step of GD++ relative to the one before


def half_squared_error(
    predictions: Float[Array, "*S d_y"], targets: Float[Array, "*S d_y"]
) -> Float[Array, "*S"]:
    """Half the squared error, summed over outputs, 1/2 |y_hat - y|^2."""
    return 0.5 * jnp.sum((predictions - targets) ** 2, axis=-1)


class Function(NamedTuple):
    """Pure functions: init(key) -> params; predict(params, batch) -> what errors compare.

    errors(predictions, targets) -> the error of every prediction; the loss is their mean.
    Half the squared error, unless what is learned brings its own.
    """

    init: Callable[[Key[Array, ""]], PyTree]
    predict: Callable[[PyTree, Batch], Array]
    errors: Callable[[Array, Array], Array] = half_squared_error


@dataclasses.dataclass(frozen=True)
class DeepFeatures:
    """An embedding MLP and one linear attention layer on its features.

    step_size: the layer is not trained but fixed to one gradient step with this eta / N on all
    channels but the last, the target; None for a trained layer.

    Raises:
        Refusal: if the step size is not positive.

    Source: paper A, Section A.7.
    """

    embedding: EmbeddingConfig
    step_size: float | None = None

    def __post_init__(self) -> None:
        if self.step_size is not None and not self.step_size > 0:
            raise Refusal(f"step_size is {self.step_size}; it must be positive.")

    def fixed_step(self) -> Products | None:
        """Products of the gradient step, where the layer is not trained."""
        if self.step_size is None:
            return None
        weights = jnp.zeros((1, self.embedding.width - 1))
        return merge(dict(constructed.gradient_step(weights, self.step_size, 1)["layer_0"]))

    def model(self) -> EmbeddedModel:
        """The network as pure functions of its parameters."""
        return build_embedded(self.embedding, self.fixed_step())


@dataclasses.dataclass(frozen=True)
class ScaledIdentities:
    """A stack of linear attention whose products are scaled identities, 2 * 16 numbers per head.

    Source: paper B, Section F.1.2, "CompressedAlg-d".
    """

    num_layers: int
    num_heads: int = 4
    token_clip: float | None = 4.0


@dataclasses.dataclass(frozen=True)
class GDPlusPlus:
    """K steps of GD++ whose step sizes and curvatures are trained.

    Trained are the logarithms, one of each if `tied` and one of each per step otherwise, for
    they end up spread over orders of magnitude: a correction shrinks the largest eigenvalue of
    the Hessian, so that later steps can be longer.  They start near tuned gradient descent.
    bound: inputs, residuals and prediction are clipped to +-bound after every step.

    Source: paper A, Sections 3 and A.12; the logarithms and the start are ours.
    """

    num_steps: int
    tied: bool
    bound: float | None = None

    def descent(self, params: PyTree) -> Descent:
        """The algorithm with the numbers of one seed."""
        repeat = self.num_steps if self.tied else 1
        steps, curvatures = (jnp.exp(params[name]).tolist() * repeat for name in LOG_NUMBERS)
        return Descent(tuple(steps), tuple(curvatures), self.bound)


LOG_NUMBERS = ("log_step_size", "log_curvature")
Learnable = (
    TransformerConfig
    | SequenceConfig
    | DeepFeatures
    | ScaledIdentities
    | GDPlusPlus
    | LanguageConfig
)


@functools.singledispatch
def function(network: Learnable, task: Task, layout: Tokens) -> Function:
    """Pure functions of a network for a task and a layout of its tokens.

    Raises:
        Refusal: if there is no way to train such a network.
    """
    raise Refusal(f"network is a {type(network).__name__}, which nothing here trains.")


@function.register
def _(network: TransformerConfig, task: Task, layout: Tokens) -> Function:
    model = transformer.build(network)
    tokens, output_dim = _shapes(task, layout)

    def predict(params: PyTree, prompt: Prompt) -> Float[Array, "B d_y"]:
        return read_prediction(model.query(params, layout(prompt)), output_dim)

    return Function(lambda key: model.init(key, jnp.zeros(tokens)), predict)


@function.register
def _(network: SequenceConfig, task: Task, layout: Tokens) -> Function:
    tokens, output_dim = _shapes(task, layout)
    model = sequence.build(network, output_dim)

    def predict(params: PyTree, trajectory: Trajectory) -> Float[Array, "B T n"]:
        return model.apply(params, layout(trajectory))

    return Function(lambda key: model.init(key, jnp.zeros(tokens)), predict)


@function.register
def _(network: DeepFeatures, task: SineRegression, layout: Tokens) -> Function:
    model = network.model()
    tokens, _ = _shapes(task, layout)

    def predict(params: PyTree, prompt: Prompt) -> Float[Array, "B 1"]:
        return read_prediction(model.query(params, layout(prompt)), 1)

    return Function(lambda key: model.init(key, jnp.zeros(tokens)), predict)


@function.register
def _(network: ScaledIdentities, task: Task, layout: Tokens) -> Function:
    _, state_dim = _shapes(task, layout)

    def init(key: Key[Array, ""]) -> PyTree:
        shape = (network.num_layers, network.num_heads, NUM_CHANNELS, NUM_CHANNELS)
        parts = zip(BlockScales._fields, jax.random.split(key), strict=True)
        return {name: _SPREAD * jax.random.normal(part, shape) for name, part in parts}

    def predict(params: PyTree, trajectory: Trajectory) -> Float[Array, "B T n"]:
        products = compression.expand(BlockScales(**params), state_dim)
        return predict_with_products(products, layout(trajectory), state_dim, network.token_clip)

    return Function(init, predict)


@function.register
def _(network: GDPlusPlus, task: LinearRegression, layout: Tokens) -> Function:
    shape = Descent((1.0,) * network.num_steps, (0.0,) * network.num_steps, network.bound)

    def init(key: Key[Array, ""]) -> PyTree:
        del key
        start = descent.tune_gradient_descent(task, network.num_steps, network.bound)
        growth = _GROWTH ** jnp.arange(1 if network.tied else network.num_steps)
        return {
            "log_step_size": jnp.log(start.step_sizes[0] * growth),
            "log_curvature": jnp.log(start.step_sizes[0] / 3 * growth),
        }

    def predict(params: PyTree, prompt: Prompt) -> Float[Array, "B d_y"]:
        step_sizes, curvatures = (jnp.exp(params[name]) for name in LOG_NUMBERS)
        return descent.predict(prompt, step_sizes, curvatures, shape)

    return Function(init, predict)


@function.register
def _(network: LanguageConfig, task: Addresses, layout: Tokens) -> Function:
    model = language.build(network, task.num_tokens, task.length)

    def predict(params: PyTree, passage: Passage) -> Float[Array, "B T V"]:
        return model.apply(params, layout(passage))

    def init(key: Key[Array, ""]) -> PyTree:
        return model.init(key, jnp.zeros((1, task.length), jnp.int32))

    return Function(init, predict, language.cross_entropy)


def _shapes(task: Task, layout: Tokens) -> tuple[tuple[int, ...], int]:
    """Shape of the tokens of one task, and width of a prediction."""

    def one() -> tuple[Array, Array]:
        batch = task.sample(1, key=jax.random.key(0))
        return layout(batch), batch.targets

    tokens, targets = jax.eval_shape(one)
    return tokens.shape, targets.shape[-1]


def predict_with_products(
    products: Products, tokens: Float[Array, "B T D"], output_dim: int, token_clip: float | None
) -> Float[Array, "B T n"]:
    """Predictions of a linear stack that is given by its products [L, H, D, D]."""
    layers = [Products(*(one[layer] for one in products)) for layer in range(len(products[0]))]
    stream = sequence.trace_products(layers, tokens, token_clip=token_clip)
    return read_next_state(stream[-1], output_dim)
