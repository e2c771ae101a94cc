"""What the graph trains: configurations (an experiment at a preset or at a point of a sweep), and
the blocks of seeds that each is split into.

The settings come from `--config`: experiments (names, separated by commas; all), preset (laptop),
sweep (a file, instead of the preset), seeds (count; the preset's own), block (seeds per job, 10).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRESET, BLOCK = "laptop", 10


@dataclass(frozen=True)
class Configuration:
    """One experiment at one preset or at one point of a sweep, and how many seeds it has.

    name: the preset, or sweep and point with a dot between.
    """

    experiment: str
    name: str
    num_seeds: int


@dataclass(frozen=True)
class Settings:
    """The settings of a call that say what is trained.

    Raises: ValueError, one sentence, for a number that is none or below 1, and for a sweep of
        none or several experiments or with a number of seeds beside its own.
    """

    experiments: tuple[str, ...]
    preset: str
    sweep: Path | None
    seeds: int | None
    block: int

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> "Settings":
        """Read the settings of `--config`."""
        from incontext import experiments

        named = str(config.get("experiments") or "").replace(",", " ").split()
        sweep, seeds = config.get("sweep"), config.get("seeds")
        if sweep and len(named) != 1:
            raise ValueError(f"experiments is {named}; a sweep needs one, as in experiments=sine")
        if sweep and seeds is not None:
            raise ValueError(f"seeds is {seeds}; a sweep has its own, change them in {sweep}")
        return cls(
            experiments=tuple(named or experiments.names()),
            preset=str(config.get("preset", PRESET)),
            sweep=Path(sweep).resolve() if sweep else None,
            seeds=None if seeds is None else _count("seeds", seeds),
            block=_count("block", config.get("block", BLOCK)),
        )

    def configurations(self, experiment: str) -> list[Configuration]:
        """Every configuration of an experiment that is to be trained."""
        if self.sweep is None:
            count = self.seeds or _own_seeds(experiment, self.preset)
            return [Configuration(experiment, self.preset, count)]
        from incontext.cli import sweeps

        sweep = sweeps.read(self.sweep, experiment)
        names = [f"{sweep.name}.{point.label}" for point in sweep.points]
        return [Configuration(experiment, name, sweep.num_seeds) for name in names]

    def options(self, name: str, count: int | str) -> list[str]:
        """What `incontext run` is told about the configuration of that name."""
        _, dot, label = name.partition(".")
        if dot:
            return ["--sweep", f"{self.sweep}@{label}"]
        return ["--preset", name, "--seeds", str(count)]

    def blocks(self, count: int | str) -> list[str]:
        """The blocks that so many seeds are split into, such as "0-9"; none if one is enough.

        What fits into one block needs no job of its own: gathering trains what is not there.
        """
        firsts = range(0, int(count), self.block)
        names = [f"{first}-{min(first + self.block, int(count)) - 1}" for first in firsts]
        return names if len(names) > 1 else []


def _own_seeds(experiment: str, preset: str) -> int:
    from incontext import experiments

    known = experiments.get(experiment).num_seeds
    if preset not in known:
        raise ValueError(f"preset is {preset!r}; choose from {', '.join(known)}.")
    return known[preset]


def _count(name: str, value: object) -> int:
    text = str(value)
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{name} is {text!r}; it must be a whole number from 1, as in {name}=5")
    return int(text)
