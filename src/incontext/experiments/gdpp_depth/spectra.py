"""Tables of Figure 13: condition numbers in theory, and inside a trained network."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import PyTree

from incontext.analysis import spectrum
from incontext.analysis.learners import NO_SEED
from incontext.experiments.gdpp_depth.config import Config
from incontext.experiments.gdpp_depth.model import Comparison, constructed_layers
from incontext.experiments.gdpp_depth.panels import trained_step
from incontext.models.transformer import build
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.types import Prompt
from incontext.training.loop import take_seed

CURVATURES = np.linspace(0.0, 0.22, 45)
HISTOGRAM_CURVATURES = (0.0, 0.05, 0.1)
CUT = 1e-3  # where the plot cuts the smallest eigenvalue; the text says 1e-10
SHOWN_TASKS = 40  # tasks whose eigenvalues are kept one by one


def eigenvalues(config: Config, num_context: int) -> np.ndarray:
    """Hessian eigenvalues of many tasks, [tasks, d]."""
    task = dataclasses.replace(config.task, num_context=num_context)
    prompt = task.sample(config.spectrum_tasks, key=evaluation_key(7))
    return np.asarray(jax.jit(spectrum.hessian_eigenvalues)(prompt.context_inputs), np.float64)


def curvatures(by_context: Mapping[int, Comparison]) -> pd.DataFrame:
    """Curvature found by training: columns num_context, model, seed, step_size, curvature."""
    rows = []
    for num_context, one in by_context.items():
        gdpp = (one.gdpp.step_sizes[0], one.gdpp.curvatures[0])
        rows.append((num_context, "GD++", NO_SEED, *gdpp))
        for seed, eta, gamma in zip(one.network.seeds, *trained_step(one, 0), strict=True):
            rows.append((num_context, "trained", seed, float(eta), float(gamma)))
    return pd.DataFrame(rows, columns=["num_context", "model", "seed", "step_size", "curvature"])


def conditions(spectra: Mapping[int, np.ndarray]) -> pd.DataFrame:
    """Condition numbers against curvature, Figure 13, centre.

    Columns num_context, curvature, worst_case (from the extreme eigenvalues of all tasks, as
    in the paper) and median (over tasks, each with its own eigenvalues).
    """
    rows = []
    for num_context, values in spectra.items():
        ends = max(float(values.min()), CUT), float(values.max())
        for curvature in CURVATURES:
            worst = float(spectrum.worst_case_condition_number(*ends, jnp.asarray(curvature)))
            rows.append((num_context, curvature, worst, median_condition(values, curvature)))
    table = pd.DataFrame(rows, columns=["num_context", "curvature", "worst_case", "median"])
    return table[np.isfinite(table).all(axis=1)].reset_index(drop=True)


def median_condition(values: np.ndarray, curvature: float) -> float:
    """Median over tasks of the condition number after one correction."""
    return float(np.median(_conditions(values, curvature)))


def _conditions(values: np.ndarray, curvature: float) -> np.ndarray:
    mapped = np.asarray(spectrum.spectrum_map(jnp.asarray(values), curvature))
    return mapped.max(axis=-1) / np.maximum(mapped.min(axis=-1), np.finfo(np.float32).tiny)


def histogram(values: np.ndarray) -> pd.DataFrame:
    """Distribution of condition numbers over tasks: columns curvature, condition, count."""
    rows = []
    for curvature in HISTOGRAM_CURVATURES:
        counts, edges = np.histogram(_conditions(values, curvature), np.linspace(1, 30, 117))
        centres = (edges[1:] + edges[:-1]) / 2
        rows += [(curvature, *pair) for pair in zip(centres.tolist(), counts.tolist(), strict=True)]
    return pd.DataFrame(rows, columns=["curvature", "condition", "count"])


def streams(config: Config, compared: Iterable[Comparison]) -> dict[str, pd.DataFrame]:
    """Hessians inside the networks, layer by layer.

    stream: depth, model, seed, layer, median, lower, upper (quartiles of the condition
    number of the inputs that the layer reads).
    map: depth, seed, layer, eigenvalue before the layer, after it, and f of it at the
    layer's curvature, for a few tasks.
    """
    by_layer, pairs = [], []
    prompt = config.task.sample(config.spectrum_tasks, key=evaluation_key(8))
    for one in compared:
        trace = _trace(one, prompt)
        gdpp = constructed_layers(config.task, one.gdpp)
        by_layer += _quartiles(one, "GD++", NO_SEED, trace(gdpp))
        for index, seed in enumerate(one.network.seeds):
            inputs = trace(take_seed(one.network.params, index))
            by_layer += _quartiles(one, "trained", seed, inputs)
            pairs += _pairs(one, index, inputs)
    columns = ["depth", "model", "seed", "layer", "median", "lower", "upper"]
    pair_columns = ["depth", "seed", "layer", "before", "after", "predicted"]
    return {
        "stream": pd.DataFrame(by_layer, columns=columns),
        "map": pd.concat(pairs, ignore_index=True)[pair_columns],
    }


def _trace(one: Comparison, prompt: Prompt) -> Callable[[PyTree], jax.Array]:
    """Parameters -> context inputs that every layer reads, [L, B, N, d]."""
    model, tokens = build(one.depth.shape), concatenate(prompt)
    return jax.jit(lambda params: model.trace(params, tokens)[:-1, :, :-1, :-1])


def _quartiles(one: Comparison, model: str, seed: int, inputs: PyTree) -> list[tuple]:
    values = jax.jit(spectrum.hessian_eigenvalues)(inputs)
    condition = np.asarray(spectrum.condition_number(values), np.float64)  # [L, B]
    quartiles = np.quantile(condition, (0.5, 0.25, 0.75), axis=1)
    return [
        (one.depth.title, model, seed, layer, *q) for layer, q in enumerate(quartiles.T.tolist())
    ]


def _pairs(one: Comparison, index: int, inputs: PyTree) -> list[pd.DataFrame]:
    frames = []
    for layer in range(one.depth.num_layers - 1):
        some = inputs[layer : layer + 2, :SHOWN_TASKS]
        before = spectrum.hessian_eigenvalues(some[0])
        after = spectrum.mapped_eigenvalues(some[0], some[1])
        curvature = trained_step(one, layer)[1][index]
        columns = {
            "before": before,
            "after": after,
            "predicted": spectrum.spectrum_map(before, curvature),
        }
        frame = pd.DataFrame({name: np.asarray(a).reshape(-1) for name, a in columns.items()})
        seed = one.network.seeds[index]
        frames.append(frame.assign(depth=one.depth.title, seed=seed, layer=layer))
    return frames
