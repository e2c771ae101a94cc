"""The parts that move: what each shows, computed by the library when the book is built.

Shapes: T positions, N pairs, D width, K checkpoints, M tokens.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from incontext import experiments, records
from incontext.analysis import spectrum
from incontext.analysis.products import joint_product
from incontext.baselines.descent import Descent
from incontext.experiments.copying.model import attention
from incontext.experiments.gdpp_depth.model import constructed_layers
from incontext.experiments.memories.model import draw_keys
from incontext.experiments.single_layer.model import best_learning_rate
from incontext.figures.style import COLOURS
from incontext.models import constructed, readout, transformer
from incontext.models.attention import Products, merge
from incontext.networks.files import unflatten
from incontext.networks.store import Store
from incontext.paths import networks_directory, reports_directory
from incontext.records import reading
from incontext.records.types import Record
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from pages import still_pictures

BUILT = "Computed by the library when this page was built."
PURPOSE = 16  # of the evaluation tasks that the parts show
NUM_PROMPTS, SHOWN_PROMPTS, SPECTRA = 1000, 60, 12


class Part(NamedTuple):
    """A moving figure: the data it reads, its still picture, its words, and where it is from.

    question, answer: what a reader may guess first; the answer is folded.
    """

    data: dict[str, Any]
    still: bytes  # SVG
    alt: str
    caption: str
    source: str
    question: str = ""
    answer: str = ""


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
    shown = log_spaced(len(first))
    metrics = record.result.tables["metrics"].groupby("metric")["value"].mean()
    joint = joint_product(products, task.output_dim)[shown]
    data = {
        "size": joint.shape[-1],
        "network": load_line("regression-linear-1", record),
        "steps": first["step"].to_numpy()[shown].tolist(),
        "loss": rounded(first["value"].to_numpy()[shown], 5),
        "joint": rounded(joint.reshape(joint.shape[0], -1), 5),
        "construction": rounded(joint_product(goal, task.output_dim).reshape(-1), 5),
        "step_size": round(best_learning_rate(task) / task.num_context, 5),
        "gradient_descent": round(float(metrics["gradient_descent_loss"]), 5),
        "colours": COLOURS,
    }
    still = still_pictures.recorded("A9-training", record)
    caption = (
        "Move the slider over training, or play it; the checkpoints are closer together where more "
        "happens. Red and blue are positive and negative entries of the "
        "product of all weights; the last column meets an empty slot and is never trained."
    )
    alt = "Four heat maps from noise to a multiple of the identity, with the loss below each."
    return Part(data, still, alt, caption, reading.origin(record.manifest))


def regression() -> Part:
    """Ten examples on one axis, answered by a gradient step and by attention."""
    record, config = best("single-layer")
    task = config.task
    curves = record.result.tables["curves"]
    steps = np.unique(curves[curves["metric"] == "loss"]["step"])
    shown = log_spaced(len(steps))
    trained = {name: record.result.params[f"history/{name}"][0][shown] for name in Products._fields}
    line = LinearRegression(num_context=task.num_context, input_dim=1)
    prompt = line.sample(1, key=evaluation_key(PURPOSE))
    points = jnp.concatenate([prompt.context_inputs[0], prompt.context_targets[0]], axis=-1)
    made = constructed_products(task)._asdict()
    data = {
        "network": load_line("regression-linear-1", record),
        "input_dim": task.input_dim,
        "points": rounded(points, 3),
        "learning_rate": round(best_learning_rate(task), 2),
        "steps": steps[shown].tolist(),
        "trained": [
            {name: on_one_axis(array[k]) for name, array in trained.items()}
            for k in range(len(shown))
        ],
        "constructed": {name: on_one_axis(array[0]) for name, array in made.items()},
        "colours": COLOURS,
    }
    still = still_pictures.examples(data)
    caption = (
        "Drag the examples, or move one with the arrow keys. Four learners see the same ten "
        "examples, which lie on the first of ten input axes. Dashed: one gradient step, from its "
        "formula. Squares: linear attention with constructed weights. Solid: linear attention with "
        "the weights that training has reached; its learning rate is learned. Dotted: least "
        "squares. The learning rate is the best one for ten axes, so that one step on a single "
        "axis goes part of the way. Beside it, what every example adds to the answer: bars for "
        "trained attention, dashes for the gradient step."
    )
    alt = (
        "Ten examples on a line; the lines of one gradient step and of trained attention coincide."
    )
    return Part(
        data, still, alt, caption, reading.origin(record.manifest),
        question="Which of the ten examples has the loudest vote?",
        answer=(
            "The one whose input and target are both large: a vote is the learning rate over N, "
            "times target, times input, times the query. Attention weighs by likeness to the "
            "query, a gradient step by the same product."
        ),
    )  # fmt: skip


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
        "network": load_line(depth.network.name, record),
        "count": NUM_PROMPTS,
        "purpose": PURPOSE,
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
    return Part(data, still, alt, caption, reading.origin(record.manifest))


def mesa() -> Part:
    """A rotation of the plane that plays states, learned by a mesa head and by gradient steps."""
    angles, length, change_at = (20.0, -35.0), 40, 19
    start = jnp.array([1.0, 0.0])
    shocks = 0.02 * jax.random.normal(evaluation_key(PURPOSE), (length, 2))
    rules = [rotation(angle) for angle in angles]

    def play(rule_at: Any) -> Any:  # noqa: ANN401
        states = [start]
        for position in range(length):
            states.append(rule_at(position) @ states[-1] + shocks[position])
        return rounded(jnp.stack(states), 4)

    data = {
        "steady": play(lambda position: rules[0]),
        "changed": play(lambda position: rules[int(position >= change_at)]),
        "angles": angles,
        "change_at": change_at,
        "colours": COLOURS,
    }
    caption = (
        "A state in the plane is turned by the same angle again and again, with a little noise. "
        "At every position a mesa head and a few gradient steps learn the rule from the states "
        "so far and predict the next one (dashed ring). Both solve the same regression of each "
        "state on the one before; the steps start from zero and have length one over the largest "
        "eigenvalue of the keys' second moments."
    )
    alt = "States on a circle, and the error of two predictions of the next state by position."
    return Part(
        data, still_pictures.rotation(data), alt, caption, BUILT,
        question="How many states must the mesa head see until it knows the rule?",
        answer=(
            "Three, which are two pairs: a map of the plane is known once it is known in two "
            "directions. Gradient steps are slow in directions that the states have hardly "
            f"visited: with {angles[0]:.0f} degrees a position, a full turn takes "
            f"{360 / angles[0]:.0f} states. Then change the rule. Only with some forgetting does "
            "either learn the new one."
        ),
    )  # fmt: skip


def memories() -> Part:
    """Four memories asked for every pair that was written, while their keys become alike."""
    seeds, pairs, size = (0, 1), 24, 16
    shared, own = jax.random.split(jax.random.key(seeds[0]))
    common = jax.random.normal(shared, (1, 1, size))[0, 0]
    each = jax.random.normal(own, (1, pairs, size))[0] / size**0.5
    values = draw_keys((1, pairs, size), 0.0, key=jax.random.key(seeds[1]))[0]
    data = {
        "common": rounded(common / jnp.linalg.norm(common), 5),
        "each": rounded(each, 5),
        "values": rounded(values, 5),
        "seeds": seeds,
        "step": 0.5,
        "sharpness": 32.0,
    }
    caption = (
        "Each square is the cosine between an answer (row: the key that was asked for) and a "
        "value (column). A memory that recalls everything shows a red diagonal and little else. "
        "A pair counts as recalled if its own value is the nearest to the answer."
    )
    alt = "Four heat maps: at correlated keys linear attention answers every query alike."
    still, recalled = still_pictures.recall(data, correlation=0.8, pairs=size)
    return Part(
        data, still, alt, caption, BUILT,
        question="Which memory breaks first as the keys become alike?",
        answer=(
            f"Linear attention, whose answers become the sum of everything it knows: of {size} "
            f"pairs at correlation 0.8 it recalls {recalled['linear']}, the delta rule "
            f"{recalled['delta']}, the mesa layer {recalled['mesa']} and softmax "
            f"{recalled['softmax']}. Write more than {size} pairs, and nothing that keeps a "
            "matrix can hold them all."
        ),
    )  # fmt: skip


def binding() -> Part:
    """The first layer of the copying network over training, for three seeds."""
    record, config = recorded("copying", "laptop")
    training = config.circuit
    networks = Store(networks_directory()).networks(training, record.manifest.seeds)
    kept = np.array(networks.kept_steps)
    shown = kept[log_spaced(len(kept))]
    prompt = training.evaluation_batch()
    measure = jax.jit(jax.vmap(lambda weights: attention(training, weights, prompt)))
    maps = np.stack([np.asarray(measure(networks.at(int(step)))) for step in shown], axis=1)
    losses = networks.losses[:, np.searchsorted(networks.steps, shown)]
    chosen = _both_outcomes(losses[:, -1])
    names = [f"{'xy'[i % 2]}{i // 2 + 1}" for i in range(maps.shape[2] - 1)] + ["x?"]
    data = {
        "network": load_line(training.name, record),
        "tokens": names,
        "steps": shown.tolist(),
        "range": [float(losses.min()) * 0.8, float(losses.max()) * 1.2],
        "networks": [
            {
                "seed": int(networks.seeds[k]),
                "attention": rounded(maps[k].reshape(len(shown), -1), 3),
                "losses": significant(losses[k], 4),
            }
            for k in chosen
        ],
        "colours": {**COLOURS, "next": COLOURS["GD++"], "input": "#56B4E9", "target": "#E69F00"},
    }
    caption = (
        "An arc from one token to another is the weight that the second gives the first, mean "
        "over prompts; arcs above lead forward, arcs below lead back. Green: the weight of a "
        f"token on the one after it. Of {len(networks.seeds)} networks in the small setting, two "
        "that end low and the one that ends highest."
    )
    alt = "Attention of the first layer at the end of training, and the loss of three networks."
    return Part(
        data, still_pictures.binding(data), alt, caption, reading.origin(record.manifest),
        question="What must the first layer do before the second can take a gradient step?",
        answer=(
            "Bring every input together with its target. An input token learns to look at the "
            "token after it, and the loss falls when it does."
        ),
    )  # fmt: skip


def _both_outcomes(final: np.ndarray) -> list[int]:
    """Rows of the two lowest losses and of the highest."""
    order = np.argsort(final)
    return [int(order[0]), int(order[1]), int(order[-1])]


def rotation(degrees: float) -> jax.Array:
    """The map of the plane that turns by an angle."""
    angle = np.deg2rad(degrees)
    return jnp.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def log_spaced(count: int, wanted: int = 16) -> np.ndarray:
    """Indices 0 ... count - 1, closer together at the beginning."""
    spaced = np.geomspace(1, count, wanted) - 1
    return np.unique(np.round(spaced).astype(int))


def on_one_axis(product: Any) -> Any:  # noqa: ANN401
    """What a product [D, D] does to tokens that lie on the first axis: first and last channel."""
    return rounded(np.asarray(product)[np.ix_([0, -1], [0, -1])], 6)


def load_line(name: str, record: Record) -> str:
    """The arguments by which a reader loads the first part of a record's networks."""
    preset = record.manifest.preset
    return name if preset == "paper" else f'{name}", preset="{preset}'


def recorded(name: str, preset: str) -> tuple[Record, Any]:
    """The record of a preset, and its settings."""
    found = records.load(name, preset, root=reports_directory())
    return found, experiments.get(name).presets[preset]


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


PARTS = {
    "weights": weights,
    "regression": regression,
    "layers": layers,
    "mesa": mesa,
    "memories": memories,
    "binding": binding,
}
