"""Still pictures of the moving figures: what stands in the page where no script runs."""

import base64
import html
import io
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from incontext.figures import styled
from incontext.figures.display import room, show
from incontext.figures.style import COLOURS, DASHES, WIDTH, letter
from incontext.records.types import Record

mpl.use("agg")


def element(svg: bytes, alt: str, theme: str) -> str:
    """An image that is seen on a light or on a dark page."""
    content = base64.b64encode(svg).decode()
    return (
        f'<img class="only-{theme}" alt="{html.escape(alt, quote=True)}" {room(svg)} '
        f'src="data:image/svg+xml;base64,{content}">'
    )


def recorded(figure: str, record: Record) -> tuple[bytes, bytes]:
    """A recorded figure, light and dark."""
    shown = show(figure, record.result, "")
    return shown.light, shown.dark


def examples(data: dict[str, Any]) -> tuple[bytes, bytes]:
    """Ten examples on a line and what two learners make of them."""

    def draw() -> Figure:
        figure, axes = plt.subplots(figsize=(0.7 * WIDTH, 3.0))
        x, y = np.asarray(data["points"]).T
        ends = np.array([-0.5, 0.5])
        slope = data["learning_rate"] / len(x) * (x @ y)
        products = {name: np.asarray(array) for name, array in data["trained"].items()}
        learned = [_attended(products, x, y, query) for query in ends]
        axes.plot(ends, learned, color=COLOURS["trained"], label="attention, trained")
        axes.plot(ends, slope * ends, color=COLOURS["gradient descent"],
                  ls=DASHES["gradient descent"], label="one gradient step")  # fmt: skip
        axes.plot(x, y, "o", mfc="none", color=mpl.rcParams["text.color"], label="examples")
        axes.set(xlabel="input x", ylabel="target y", ylim=(-1, 1))
        axes.legend(fontsize="small")
        return figure

    return both(draw)


def _attended(products: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, query: float) -> float:
    tokens = np.zeros((len(x), len(products["key_query"])))
    tokens[:, 0], tokens[:, -1] = x, y
    asked = np.zeros(tokens.shape[1])
    asked[0] = query
    mixture = (tokens @ products["key_query"] @ asked) @ tokens
    return float(-(asked + products["output_value"] @ mixture)[-1])


def depths(data: dict[str, Any]) -> tuple[bytes, bytes]:
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

    return both(draw)


def both(draw: Callable[[], Figure]) -> tuple[bytes, bytes]:
    """What a function draws, in the style of a light and of a dark page."""
    pictures = []
    for theme in ("light", "dark"):
        with styled(theme):
            figure, file = draw(), io.BytesIO()
            figure.savefig(file, format="svg", metadata={"Date": None})
            plt.close(figure)
            pictures.append(file.getvalue())
    return pictures[0], pictures[1]
