"""The algorithms that six networks are compared with, and what is read off their weights."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import Predictor, squared_error
from incontext.analysis.linearisation import attend_to_first_order, expansion_error, logit_spread
from incontext.analysis.products import joint_product, off_diagonal_share
from incontext.baselines.descent import Descent, tune_gradient_descent
from incontext.baselines.gradient_descent import one_step_losses, predict
from incontext.experiments import expected, prompts
from incontext.experiments.softmax.config import Config
from incontext.models.attention import attention_scores, logit_scale
from incontext.models.readout import read_prediction
from incontext.models.transformer import TransformerConfig, layer_products
from incontext.networks.learnables import GDPlusPlus
from incontext.networks.network import Networks
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed


class Algorithms(NamedTuple):
    """One and two tuned gradient steps, and two steps of GD++."""

    one_step: Descent
    two_steps: Descent
    gdpp: Descent

    def beside(self, name: str) -> dict[str, Predictor]:
        """Those with as many steps as the network of that field has layers, by short name."""
        if name == "two_normalised":
            return {"gd": self.two_steps, "gdpp": self.gdpp}
        return {"gd": self.one_step}


def algorithms(config: Config, tuned: Networks) -> Algorithms:
    """One step has its closed form, two are searched for, GD++ was trained."""
    gdpp = tuned.training.network
    assert isinstance(gdpp, GDPlusPlus)
    return Algorithms(
        Descent((expected.one_step(config.task).step_size,), (0.0,)),
        tune_gradient_descent(config.task, 2),
        gdpp.descent(take_seed(tuned.params, 0)),
    )


def history(
    networks: Networks, baselines: Mapping[str, Predictor]
) -> dict[str, Float[np.ndarray, "S K"]]:
    """Alignment with every baseline over training; of softmax layers also how linear they are."""
    network, prompt = networks.training.function(), networks.training.evaluation_batch()
    shape = networks.training.network
    assert isinstance(shape, TransformerConfig)

    def measure(params: PyTree) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for name, baseline in baselines.items():
            found |= prompts.alignment_metrics(network, params, prompt, baseline, f"_{name}")
        return found | (_linearity(params, prompt) if "softmax" in shape.weightings else {})

    return networks.along(measure)


def _linearity(params: PyTree, prompt: Prompt) -> dict[str, Array]:
    products, tokens = layer_products(params), concatenate(prompt)
    output_dim = prompt.targets.shape[-1]
    scores = attention_scores(products.key_query, tokens[:, -1:], tokens[:, :-1])
    logits = _scale(params) * scores
    joint = jnp.sum(joint_product(products, output_dim), axis=0)[:-output_dim, :-output_dim]
    linear = squared_error(lambda p: predict_to_first_order(params, p), prompt)
    return {
        "expansion_error": jnp.mean(expansion_error(logits)),
        "logit_spread": jnp.mean(logit_spread(logits)),
        "off_diagonal_share": off_diagonal_share(joint),
        "linearised_loss": jnp.mean(linear),
    }


def predict_to_first_order(params: PyTree, prompt: Prompt) -> Float[Array, "B d_y"]:
    """Prediction of one softmax layer with the softmax replaced by its expansion."""
    tokens = concatenate(prompt)
    query, context = tokens[:, -1:], tokens[:, :-1]
    update = attend_to_first_order(layer_products(params), query, context, _scale(params))
    return read_prediction((query + update)[:, 0], prompt.targets.shape[-1])


def _scale(params: PyTree) -> float:
    return logit_scale("softmax", params["layer_0"]["key"].shape[-2])


def centred_step(task: LinearRegression) -> Callable[[Prompt], Array]:
    """The best gradient step on context inputs whose mean was taken away.

    y_hat = eta/N sum_n y_n (x_n - mean(x))^T x_query, with eta the minimum of the parabola
    that the loss is; this is what two opposite softmax heads compute to first order.
    """
    prompt = task.sample(100_000, key=evaluation_key(6))
    _, rate = jax.jit(lambda p: one_step_losses(_centre(p), jnp.ones(1)))(prompt)
    return lambda p: predict(_centre(p), [float(rate)])


def _centre(prompt: Prompt) -> Prompt:
    mean = jnp.mean(prompt.context_inputs, axis=1, keepdims=True)
    return prompt._replace(context_inputs=prompt.context_inputs - mean)
