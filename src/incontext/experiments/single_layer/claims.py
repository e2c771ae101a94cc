"""The numbers that claims about the single-layer figures refer to."""

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Key

from incontext.analysis.products import joint_product
from incontext.baselines import gradient_descent
from incontext.experiments import comparison, expected, tables
from incontext.experiments.single_layer.config import Config
from incontext.experiments.single_layer.model import Learners
from incontext.experiments.single_layer.panels import final_loss
from incontext.models import constructed
from incontext.models.readout import read_prediction
from incontext.models.transformer import TransformerConfig, build, layer_products
from incontext.networks.network import Networks
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression

# Figure 10 reads about .045 at step 48 of its last curve; its steps are counted from zero.
DAMPENED, APPLICATIONS = 0.75, 49


def add_formulas(config: Config, rows: tables.MetricRows) -> None:
    """Closed forms, and how exactly a constructed layer is a gradient step."""
    task = config.task
    optimum = expected.one_step(task)
    rows.add("zero_predictor_loss", expected.zero_loss(task))
    rows.add("closed_form_loss", optimum.loss)
    rows.add("closed_form_step_size", optimum.step_size)
    rows.add("construction_error_float32", construction_error())
    with jax.enable_x64(True):
        rows.add("construction_error_float64", construction_error())


def construction_error() -> float:
    """Largest relative gap between Proposition 1's layer and an explicit step.

    For N = 7, d = 5, d_y = 3 and W_0 != 0, in the precision that is switched on.
    """
    task = LinearRegression(num_context=7, input_dim=5, output_dim=3)
    return float(_construction_error(task, evaluation_key(100)))


@functools.partial(jax.jit, static_argnums=0)
def _construction_error(task: LinearRegression, key: Key[Array, ""]) -> Array:
    prompt_key, weight_key = jax.random.split(key)
    prompt = task.sample(13, key=prompt_key)
    start = jax.random.normal(weight_key, (task.output_dim, task.input_dim))
    params = constructed.gradient_step(start, 1.7, task.num_context)
    query = build(TransformerConfig()).query(params, concatenate(prompt, start))
    layer = read_prediction(query, task.output_dim)
    step = gradient_descent.predict(prompt, [1.7], start)
    return jnp.max(jnp.abs(layer - step)) / jnp.max(jnp.abs(step))


def add_losses(config: Config, three: Learners, rows: tables.MetricRows) -> None:
    """Trained, interpolated and gradient-descent losses on fresh tasks."""
    task = config.task
    bound = expected.one_step(task).loss
    trained, descent, halfway = (final_loss(task, config, learner) for learner in three)
    seeds = three.trained.seeds
    rows.add("trained_loss", trained.mean, seeds)
    rows.add("gradient_descent_loss", descent.mean)
    rows.add("trained_over_closed_form", trained.mean / bound, seeds)
    excess = (trained.mean - bound) / trained.standard_error
    rows.add("trained_minus_closed_form_in_standard_errors", excess, seeds)
    rows.add("interpolated_over_gradient_descent", halfway.mean / descent.mean, seeds)


def add_weights(
    config: Config, layer: Networks, history: Mapping[str, np.ndarray], rows: tables.MetricRows
) -> None:
    """Alignment at the end of training, and the joint product of Figure 9."""
    for name in ("cosine", "prediction_difference", "sensitivity_difference"):
        rows.add(name, history[name][:, -1], layer.seeds)
    inputs = config.task.input_dim
    products = layer_products(layer.params)
    joint = np.asarray(joint_product(products, config.task.output_dim))[:, 0]
    diagonal = np.diagonal(joint, axis1=-2, axis2=-1)[:, :inputs]
    elsewhere = np.abs(joint * (1 - np.diag(np.arange(joint.shape[-1]) < inputs)))
    scale = np.diagonal(products.key_query[:, 0], axis1=-2, axis2=-1)[:, :inputs].mean(axis=1)
    start = np.abs(np.asarray(products.output_value)[:, 0, inputs:, :inputs] * scale[:, None, None])
    largest = np.maximum(elsewhere.max(axis=(1, 2)), start.max(axis=(1, 2)))
    rows.add("product_diagonal_min", diagonal.min(axis=1), layer.seeds)
    rows.add("product_diagonal_max", diagonal.max(axis=1), layer.seeds)
    rows.add("product_largest_elsewhere", largest, layer.seeds)


def add_panels(
    rows: tables.MetricRows, sizes: pd.DataFrame, scales: pd.DataFrame, rolled: pd.DataFrame
) -> None:
    """Numbers read off the tables of the panels."""
    for size, group in sizes[sizes["model"] == "trained"].groupby("num_context"):
        rows.add(f"trained_loss_at_size_{size}", group["loss"], group["seed"])
    add_scales(rows, scales)
    for dampening, part in rolled.groupby("dampening"):
        add_rolled_out(rows, part, float(str(dampening)))


def add_scales(rows: tables.MetricRows, scales: pd.DataFrame) -> None:
    """The layer beside gradient descent at every scale of inputs, and losses at the ends."""
    loss = scales[scales["axis"] == "inputs"].pivot(
        index="scale", columns=["model", "seed"], values="loss"
    )
    ratio = loss["trained"].div(loss["gradient descent"].iloc[:, 0], axis=0)
    rows.add("input_scales_ratio_min", ratio.min(), ratio.columns)
    rows.add("input_scales_ratio_max", ratio.max(), ratio.columns)
    for axis, scale in (("inputs", 2.0), ("targets", 5.0), ("other distributions", 5.0)):
        comparison.add_scaled(scales, axis, scale, rows)


def add_rolled_out(rows: tables.MetricRows, part: pd.DataFrame, dampening: float) -> None:
    """Where the loss is least, where it exceeds that of predicting zero, and late in between.

    A seed whose loss never does has no divergence.
    """
    name = f"dampening_{str(dampening).removeprefix('0.').removesuffix('.0')}"
    by_seed = part[part["model"] == "trained"].pivot(index="steps", columns="seed", values="loss")
    rows.add(f"rolled_out_least_loss_at_{name}", by_seed.min(), by_seed.columns)
    over = ~by_seed.le(by_seed.iloc[0], axis=1)  # of a missing row as well: it overflowed
    gone = [seed for seed in by_seed if over[seed].any()]
    rows.add(f"rolled_out_divergence_at_{name}", over[gone].idxmax(), gone)
    if dampening == DAMPENED and APPLICATIONS in by_seed.index:
        late = by_seed.loc[APPLICATIONS]
        descent = part[(part["model"] == "gradient descent") & (part["steps"] == APPLICATIONS)]
        rows.add("rolled_out_loss_at_49", late, late.index)
        ratio = late / descent["loss"].iloc[0]
        rows.add("rolled_out_over_gradient_descent_at_49", ratio, late.index)
