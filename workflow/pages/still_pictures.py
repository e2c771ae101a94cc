"""Still pictures of the moving figures: what stands in the page where no script runs."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from incontext.baselines import memories
from incontext.figures import styled
from incontext.figures.display import show, written
from incontext.figures.style import COLOURS, DASHES, WIDTH, letter
from incontext.records.types import Record

mpl.use("agg")


def recorded(figure: str, record: Record) -> bytes:
    """A recorded figure."""
    return show(figure, record.result, "").svg


def examples(data: dict[str, Any]) -> bytes:
    """Ten examples on a line and what two learners make of them."""

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(0.7 * WIDTH, 3.0))
        x, y = np.asarray(data["points"]).T
        ends = np.array([-0.5, 0.5])
        slope = data["learning_rate"] / len(x) * (x @ y)
        products = {name: np.asarray(array) for name, array in data["trained"][-1].items()}
        learned = [_attended(products, x, y, query) for query in ends]
        axes.plot(ends, learned, color=COLOURS["trained"], label="attention, trained")
        axes.plot(ends, slope * ends, color=COLOURS["gradient descent"],
                  ls=DASHES["gradient descent"], label="one gradient step")  # fmt: skip
        axes.plot(x, y, "o", mfc="none", color=mpl.rcParams["text.color"], label="examples")
        axes.set(xlabel="input x", ylabel="target y", ylim=(-1, 1))
        axes.legend(fontsize="small")
        return figure

    return styled_svg(draw)


def _attended(products: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, query: float) -> float:
    tokens = np.stack([x, y], axis=1)  # the channels that are not zero
    asked = np.array([query, 0.0])
    mixture = (tokens @ products["key_query"] @ asked) @ tokens
    return float(-(asked + products["output_value"] @ mixture)[-1])


def depths(data: dict[str, Any]) -> bytes:
    """Losses by layer, and one prompt's spectrum after every layer of the trained network."""

    def draw() -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
        for name, model in data["models"].items():
            left.plot(model["medians"], color=COLOURS[name], ls=DASHES[name], label=name)
        left.set(xlabel="after layer", ylabel="median loss", yscale="log")
        left.legend(fontsize="small")
        spectra = [prompt[0] for prompt in data["models"]["trained"]["eigenvalues"]]
        for layer, values in enumerate(spectra[:-1]):
            right.plot(range(1, len(values) + 1), values, color=COLOURS["trained"],
                       alpha=1 - 0.15 * layer, label=f"after {layer}")  # fmt: skip
        right.set(xlabel="eigenvalue, by size", yscale="log")
        letter(left, "a  loss")
        letter(right, "b  Hessian of one prompt")
        return figure

    return styled_svg(draw)


def rotation(data: dict[str, Any]) -> bytes:
    """States of the plane, and the error of the mesa head and of one gradient step by position."""
    states = np.asarray(data["steady"])
    errors = {"mesa": [], "gradient descent": []}
    for t in range(len(states) - 1):
        keys, values = states[:t], states[1 : t + 1]
        moments, cross = keys.T @ keys, values.T @ keys
        maps = {
            "mesa": cross @ np.linalg.inv(moments + 0.01 * np.eye(2)),
            "gradient descent": cross / max(np.linalg.eigvalsh(moments)[-1], 1e-9),
        }
        for name, found in maps.items():
            errors[name].append(0.5 * np.sum((found @ states[t] - states[t + 1]) ** 2))

    def draw() -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
        left.plot(*states.T, "o", ms=3, color=mpl.rcParams["text.color"])
        left.set(aspect="equal", xlabel="first coordinate", ylabel="second")
        for name, label in (("gradient descent", "one gradient step"), ("mesa", "mesa head")):
            right.plot(range(1, len(states)), errors[name], color=COLOURS[name],
                       ls=DASHES[name], label=label)  # fmt: skip
        right.set(xlabel="position t", ylabel="half squared error", yscale="log")
        right.legend(fontsize="small")
        letter(left, "a  states")
        letter(right, "b  error of the prediction")
        return figure

    return styled_svg(draw)


def recall(data: dict[str, Any], *, correlation: float, pairs: int) -> tuple[bytes, dict[str, int]]:
    """Cosines of answers and values of four memories, and how many pairs each recalls."""
    shared, own = np.sqrt(correlation), np.sqrt(1 - correlation)
    keys = shared * np.asarray(data["common"]) + own * np.asarray(data["each"])[:pairs]
    keys = jnp.asarray(keys / np.linalg.norm(keys, axis=1, keepdims=True))[None]
    values = jnp.asarray(data["values"])[None, :pairs]
    written = memories.Pairs(keys, values, jnp.ones(pairs, bool))
    answers = {
        "linear": memories.linear_attention(written, keys),
        "delta": memories.delta_rule(written, keys, data["step"]),
        "mesa": memories.mesa(written, keys, 1e3),
        "softmax": memories.softmax_attention(written, keys, data["sharpness"]),
    }
    cosines = {}
    for name, answer in answers.items():
        lengths = np.linalg.norm(answer[0], axis=1, keepdims=True)
        cosines[name] = np.asarray(answer[0] / lengths @ values[0].T)
    right = {
        name: int(np.sum(one.argmax(axis=1) == np.arange(pairs))) for name, one in cosines.items()
    }

    def draw() -> Figure:
        figure, panels = plt.subplots(1, 4, figsize=(WIDTH, 2.2))
        for axes, (name, one) in zip(panels, cosines.items(), strict=True):
            axes.imshow(one, cmap="RdBu_r", vmin=-1, vmax=1)
            axes.set(title=f"{name}: {right[name]} of {pairs}", xticks=[], yticks=[])
        return figure

    return styled_svg(draw), right


def binding(data: dict[str, Any]) -> bytes:
    """First layer's attention at the end of the first network's training, and all losses."""
    names, first = data["tokens"], data["networks"][0]

    def draw() -> Figure:
        figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 3.0))
        left.imshow(
            np.reshape(first["attention"][-1], (len(names), -1)), cmap="Greens", vmin=0, vmax=1
        )
        left.set(xticks=range(len(names) - 1), yticks=range(len(names)), xlabel="from", ylabel="to")
        left.set_xticklabels(names[:-1], fontsize="small")
        left.set_yticklabels(names, fontsize="small")
        for one in data["networks"]:
            right.plot(data["steps"], one["losses"], label=f"seed {one['seed']}")
        right.set(xlabel="training step", ylabel="loss", xscale="symlog", yscale="log")
        right.legend(fontsize="small")
        letter(left, "a  attention, first layer")
        letter(right, "b  loss")
        return figure

    return styled_svg(draw)


def styled_svg(draw: Callable[[], Figure]) -> bytes:
    """What a function draws, in the style of the book."""
    with styled():
        figure = draw()
        svg = written(figure, "svg", {})
        plt.close(figure)
    return svg
