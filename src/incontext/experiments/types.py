"""What an experiment is."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from jaxtyping import PyTree

from incontext.records.types import Result
from incontext.training.workspace import Workspace


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One figure group: its settings, its presets and how it is run.

    figures: ids of the paper's figures it reproduces, such as "A2".
    presets: preset name -> frozen config.  num_seeds: preset name -> training seeds.
    train: (config, seeds=..., workspace=...) -> everything that is trained.
    report: (config, what was trained) -> Result; it trains nothing.
    """

    name: str
    title: str
    paper: str
    figures: tuple[str, ...]
    presets: Mapping[str, PyTree]
    num_seeds: Mapping[str, int]
    train: Callable[..., PyTree]
    report: Callable[[PyTree, PyTree], Result]

    def run(
        self, config: PyTree, *, seeds: Sequence[int], workspace: Workspace | None = None
    ) -> Result:
        """Train everything, then measure it."""
        trained = self.train(config, seeds=seeds, workspace=workspace or Workspace())
        return self.report(config, trained)
