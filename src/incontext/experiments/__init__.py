"""Experiments by name; their modules are imported when asked for."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it needs JAX, and a list of names does not
    from incontext.experiments.types import Experiment

MODULES = {
    "single-layer": "incontext.experiments.single_layer",
    "gdpp-depth": "incontext.experiments.gdpp_depth",
    "deep-blocks": "incontext.experiments.deep_blocks",
    "sine": "incontext.experiments.sine",
    "copying": "incontext.experiments.copying",
    "softmax": "incontext.experiments.softmax",
    "fixed-tasks": "incontext.experiments.fixed_tasks",
    "noisy-labels": "incontext.experiments.noisy_labels",
    "variants": "incontext.experiments.variants",
    "causal-layer": "incontext.experiments.causal_layer",
    "deep-linear": "incontext.experiments.deep_linear",
    "mesa": "incontext.experiments.mesa",
    "dataset-building": "incontext.experiments.dataset_building",
    "full-mesa": "incontext.experiments.full_mesa",
    "linearised": "incontext.experiments.linearised",
    "softmax-stack": "incontext.experiments.softmax_stack",
    "other-worlds": "incontext.experiments.other_worlds",
    "partial-observation": "incontext.experiments.partial_observation",
    "nonlinear-dynamics": "incontext.experiments.nonlinear_dynamics",
    "memories": "incontext.experiments.memories",
    "recall": "incontext.experiments.recall",
    "few-shot": "incontext.experiments.few_shot",
    "exact-regressions": "incontext.experiments.exact_regressions",
    "language": "incontext.experiments.language",
}


def names() -> tuple[str, ...]:
    """Names of all experiments, in the order of the book."""
    return tuple(MODULES)


def get(name: str) -> "Experiment":
    """Experiment of that name.

    Raises:
        ValueError: if there is none; the message lists the names there are.
    """
    if name not in MODULES:
        raise ValueError(f"There is no experiment {name!r}; choose from {', '.join(MODULES)}.")
    return importlib.import_module(MODULES[name]).EXPERIMENT
