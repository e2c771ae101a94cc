"""What an experiment is."""

import dataclasses
from collections.abc import Callable, Mapping

from jaxtyping import PyTree

from incontext.records.types import Result


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One figure group: its settings, its presets and how it is run.

    figures: ids of the paper's figures it reproduces, such as "A2".
    presets: preset name -> frozen config.  num_seeds: preset name -> training seeds.
    run: (config, seeds=..., workspace=...) -> Result.
    """

    name: str
    title: str
    paper: str
    figures: tuple[str, ...]
    presets: Mapping[str, PyTree]
    num_seeds: Mapping[str, int]
    run: Callable[..., Result]
