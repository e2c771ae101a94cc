"""What all experiments on prompts share: predictions from products, and alignment."""

from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import Predictor, align
from incontext.models.attention import Products, attend
from incontext.models.readout import read_prediction
from incontext.models.transformer import clip_tokens, final_query
from incontext.networks.learnables import Function
from incontext.tasks.layout import concatenate
from incontext.tasks.types import Prompt


def predict_with(
    products: Products, prompt: Prompt, num_layers: int = 1, bound: float | None = None
) -> Float[Array, "B d_y"]:
    """Prediction of one linear layer, given by its products and applied `num_layers` times.

    With `bound`, tokens are clipped to +-bound after every application.
    """

    def layer(tokens: Array, context: Array) -> Array:
        return clip_tokens(tokens + attend(products, tokens, context), bound)

    query = final_query([layer] * num_layers, concatenate(prompt))
    return read_prediction(query, prompt.query_targets.shape[-1])


def alignment_metrics(
    network: Function, params: PyTree, prompt: Prompt, baseline: Predictor, suffix: str = ""
) -> dict[str, Array]:
    """The three alignment metrics with one baseline, names ending in `suffix`."""
    alignment = align(lambda p: network.predict(params, p), baseline, prompt)
    return {f"{name}{suffix}": value for name, value in alignment._asdict().items()}
