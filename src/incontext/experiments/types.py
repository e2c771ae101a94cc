"""What an experiment is: trainings as data, and a report on the networks they lead to."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jaxtyping import PyTree

from incontext.networks.network import Networks
from incontext.networks.recorder import train_in_memory
from incontext.networks.store import Store
from incontext.networks.training import Training
from incontext.records.types import Result
from incontext.training.progress import Progress

Roles = Mapping[str, Networks]  # what a report reads: networks by the part they play


class Wanted(NamedTuple):
    """A training that an experiment needs, with at most so many of the seeds that are asked for."""

    training: Training
    at_most: int | None = None

    def seeds(self, asked: Sequence[int]) -> tuple[int, ...]:
        """Those of the seeds that are trained."""
        return tuple(asked[: self.at_most])


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One figure group: its settings, its presets, its trainings and its report.

    figures: ids of the paper's figures it reproduces, such as "A2".
    presets: preset name -> frozen config.  num_seeds: preset name -> training seeds.
    trainings: config -> what is trained, by the role it plays.
    report: (config, networks by role) -> Result; it trains nothing.
    """

    name: str
    title: str
    paper: str
    figures: tuple[str, ...]
    presets: Mapping[str, PyTree]
    num_seeds: Mapping[str, int]
    trainings: Callable[[PyTree], Mapping[str, Wanted]]
    report: Callable[[PyTree, Roles], Result]

    def wanted(self, config: PyTree, seeds: Sequence[int]) -> dict[Training, tuple[int, ...]]:
        """Every training with its seeds; one that plays two parts comes once."""
        found: dict[Training, tuple[int, ...]] = {}
        for one in self.trainings(config).values():
            mine = one.seeds(seeds)
            found[one.training] = max(found.get(one.training, ()), mine, key=len)
        return found

    def run(
        self, config: PyTree, *, seeds: Sequence[int], progress: Progress | None = None
    ) -> Result:
        """Train everything in memory, then measure it."""
        networks = train_in_memory(self.wanted(config, seeds), progress)
        roles = {role: networks[one.training] for role, one in self.trainings(config).items()}
        return self.report(config, roles)

    def measure(self, config: PyTree, store: Store) -> Result:
        """Measure the recorded networks of all seeds.

        Raises:
            Refusal: if a training has no recorded network.
        """
        return self.report(config, self.read(config, store))

    def read(
        self,
        config: PyTree,
        store: Store,
        seeds: Mapping[Training, tuple[int, ...]] | None = None,
    ) -> Roles:
        """The recorded networks, by role.

        seeds: of each training; None for all that are recorded.

        Raises:
            Refusal: if a training has none.
        """
        networks: dict[Training, Networks] = {}
        roles = self.trainings(config)
        for one in roles.values():
            if one.training not in networks:
                chosen = None if seeds is None else seeds[one.training]
                networks[one.training] = store.networks(one.training, chosen)
        return {role: networks[one.training] for role, one in roles.items()}
