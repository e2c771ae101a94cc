"""The moving figures: their numbers from the records, and the still picture that stands for them.

A chapter marks their place with `<!-- interactive: NAME -->`. The numbers are computed by the
library when the book is built; `_static/incontext.js` only draws and, for `regression`, repeats
one formula of each learner, which a browser test holds to the library.
"""

import html
import json
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from incontext import experiments
from incontext.analysis import spectrum
from incontext.analysis.products import joint_product
from incontext.baselines.descent import Descent
from incontext.experiments.gdpp_depth.model import constructed_layers
from incontext.experiments.single_layer.model import best_learning_rate
from incontext.figures.style import COLOURS
from incontext.models import constructed, readout, transformer
from incontext.models.attention import Products, merge
from incontext.networks.files import unflatten
from incontext.records import reading
from incontext.records.types import Record
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from pages import still_pictures
from pages.markup import raw
from pages.publication import Publication

PURPOSE = 16  # of the evaluation tasks that the parts show
NUM_PROMPTS, SHOWN_PROMPTS, SPECTRA = 1000, 60, 12


class Part(NamedTuple):
    """A moving figure: the data it reads, its still picture, its words, and the record shown."""

    data: dict[str, Any]
    still: tuple[bytes, bytes]  # light and dark SVG
    alt: str
    caption: str
    record: Record


def generate(book: Publication, name: str, arguments: list[str]) -> str:
    """What stands in the page in place of a marker."""
    jax.config.update("jax_default_matmul_precision", "highest")
    part = PARTS[name]()
    data = json.dumps(part.data, separators=(",", ":")).replace("</", "<\\/")
    pictures = "".join(
        still_pictures.element(svg, part.alt, theme)
        for theme, svg in zip(("light", "dark"), part.still, strict=True)
    )
    source = html.escape(reading.origin(part.record.manifest))
    return raw(
        f'<figure class="interactive" data-part="{name}" id="interactive-{name}">',
        f'<div class="still">{pictures}</div>',
        f'<script type="application/json">{data}</script>',
        f"<figcaption>{html.escape(part.caption)} <em>{source}</em></figcaption>",
        "</figure>",
    )


def weights() -> Part:
    """The products of one layer over training, first seed, beside the construction."""
    record, config = best("single-layer")
    task = config.task
    products = Products(
        *(jnp.asarray(record.result.params[f"history/{name}"][0]) for name in Products._fields)
    )
    goal = constructed_products(task)
    goal = goal._replace(output_value=goal.output_value * best_learning_rate(task))
    curves = record.result.tables["curves"]
    first = curves[(curves["metric"] == "loss") & (curves["seed"] == record.manifest.seeds[0])]
    metrics = record.result.tables["metrics"].groupby("metric")["value"].mean()
    joint = joint_product(products, task.output_dim)
    data = {
        "size": joint.shape[-1],
        "steps": first["step"].tolist(),
        "loss": rounded(first["value"], 5),
        "joint": rounded(joint.reshape(joint.shape[0], -1), 5),
        "construction": rounded(joint_product(goal, task.output_dim).reshape(-1), 5),
        "step_size": round(best_learning_rate(task) / task.num_context, 5),
        "gradient_descent": round(float(metrics["gradient_descent_loss"]), 5),
        "colours": COLOURS,
    }
    still = still_pictures.recorded("A9-training", record)
    caption = (
        "Move the slider over training. Red and blue are positive and negative entries of the "
        "product of all weights; the last column meets an empty slot and is never trained."
    )
    alt = "Four heat maps from noise to a multiple of the identity, with the loss below each."
    return Part(data, still, alt, caption, record)


def regression() -> Part:
    """Ten examples on one axis, answered by a gradient step and by attention."""
    record, config = best("single-layer")
    task = config.task
    layer = unflatten("trained", record.result.params)["layer_0"]
    trained = merge({name: jnp.asarray(array[0]) for name, array in layer.items()})
    line = LinearRegression(num_context=task.num_context, input_dim=1)
    prompt = line.sample(1, key=evaluation_key(PURPOSE))
    points = jnp.concatenate([prompt.context_inputs[0], prompt.context_targets[0]], axis=-1)
    data = {
        "points": rounded(points, 3),
        "learning_rate": round(best_learning_rate(task), 2),
        "trained": {k: rounded(v[0], 6) for k, v in trained._asdict().items()},
        "constructed": {
            k: rounded(v[0], 6) for k, v in constructed_products(task)._asdict().items()
        },
        "colours": COLOURS,
    }
    still = still_pictures.examples(data)
    caption = (
        "Drag the examples, or move one with the arrow keys. All three learners see the same ten "
        "examples, which lie on the first of ten input axes. Dashed: one gradient step, from its "
        "formula. Squares: linear attention with constructed weights. Solid: linear attention with "
        "the trained weights, whose learning rate is fixed. Dotted: least squares. The learning "
        "rate is the best one for ten axes, so one step on a single axis goes part of the way."
    )
    alt = (
        "Ten examples on a line; the lines of one gradient step and of trained attention coincide."
    )
    return Part(data, still, alt, caption, record)


def layers() -> Part:
    """Predictions and Hessians after every layer of the five-layer network."""
    record, config = best("gdpp-depth")
    depth = next(one for one in config.depths if one.num_layers == 5)
    prompt = config.task.sample(NUM_PROMPTS, key=evaluation_key(PURPOSE))
    model = transformer.build(depth.shape)
    trace = jax.jit(lambda params: model.trace(params, concatenate(prompt)))
    weights = unflatten("5_layers", record.result.params)
    models = {"trained": jax.tree.map(lambda array: jnp.asarray(array[0]), weights)}
    for name in ("GD++", "gradient descent"):
        models[name] = constructed_layers(config.task, descent(record, name))
    seen = {name: by_layer(trace(params), prompt.query_targets) for name, params in models.items()}
    data = {
        "targets": rounded(prompt.query_targets[:SHOWN_PROMPTS, 0], 4),
        "models": seen,
        "colours": COLOURS,
        "dashes": {"trained": "", "GD++": "7 3 2 3", "gradient descent": "7 3"},
    }
    still = still_pictures.depths(data)
    caption = (
        "Move through the five layers. Left, what the trained network would answer after each "
        f"layer, for {SHOWN_PROMPTS} prompts (ring: the chosen one). Right, the eigenvalues of the "
        "Hessian of the inputs as they stand then; nobody reads the inputs after the last layer. "
        f"Losses are over {NUM_PROMPTS:,} prompts, of which a few rule the mean."
    )
    alt = (
        "Mean loss after every layer, and the eigenvalues of one prompt's Hessian, layer by layer."
    )
    return Part(data, still, alt, caption, record)


def best(name: str) -> tuple[Record, Any]:
    """The best record of an experiment, and the settings of its preset."""
    record = reading.best(name)
    return record, experiments.get(name).presets[record.manifest.preset]


def constructed_products(task: LinearRegression) -> Products:
    """Products of one gradient step with learning rate one."""
    start = jnp.zeros((task.output_dim, task.input_dim))
    return merge(constructed.gradient_step(start, 1.0, task.num_context)["layer_0"])


def descent(record: Record, name: str) -> Descent:
    """Five steps of an algorithm, its numbers as recorded."""
    steps = record.result.tables["steps"]
    rows = steps[(steps["depth"] == "5 layers") & (steps["model"] == name)].sort_values("layer")
    return Descent(tuple(rows["step_size"]), tuple(rows["curvature"]))


def by_layer(stream: jax.Array, targets: jax.Array) -> dict[str, Any]:
    """Losses, predictions and Hessian eigenvalues of a residual stream [L + 1, B, M, D]."""
    predictions = readout.read_prediction(stream[:, :, -1], 1)
    losses = np.asarray(0.5 * jnp.sum((predictions - targets) ** 2, axis=-1), np.float64)
    eigenvalues = spectrum.hessian_eigenvalues(stream[:, :SPECTRA, :-1, :-1])
    return {
        "losses": significant(losses.mean(axis=1), 6),
        "medians": significant(np.median(losses, axis=1), 6),
        "predictions": rounded(predictions[:, :SHOWN_PROMPTS, 0], 4),
        "eigenvalues": significant(np.asarray(eigenvalues), 4),
    }


def rounded(values: Any, digits: int) -> Any:  # noqa: ANN401
    """Numbers as nested lists, with so many digits after the point."""
    return np.round(np.asarray(values, np.float64), digits).tolist()


def significant(values: np.ndarray, digits: int) -> Any:  # noqa: ANN401
    """Numbers as nested lists, with so many significant digits."""
    return np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values).tolist()


PARTS = {"weights": weights, "regression": regression, "layers": layers}
