"""Sweeps: one experiment at many configurations, as a YAML file lists them.

    preset: laptop                       # where every point starts from
    seeds: 3                             # training seeds 0, 1, 2 at every point
    fixed:                               # settings that are the same at every point
      final_batches: 50
    overrides:                           # every combination of these values is a point
      task.num_context: [5, 10, 20]
      task.input_dim: [5, 10]
    points:                              # further points, one by one
      - {task.num_context: 100, task.input_dim: 50}

A sweep is called what its file is called. `preset` and one of `overrides` and `points` are needed;
without `seeds` a point has as many as the preset.
"""

import difflib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incontext.cli import lookup, yaml_files
from incontext.cli.errors import UsageError
from incontext.cli.overrides import OverrideError, checked, override, value_of
from incontext.cli.running import MOST_SEEDS
from incontext.provenance import hash_json, plain
from incontext.records.tables import NAME
from incontext.records.types import Manifest

if TYPE_CHECKING:
    from incontext.experiments.types import Experiment

KEYS = ("preset", "seeds", "fixed", "overrides", "points")
MOST_POINTS = 1000


@dataclass(frozen=True)
class Point:
    """One configuration of a sweep.

    number: from 1, in the order of the file.  settings: setting -> value, for every setting that
    the sweep changes anywhere.  label: under what name its result is kept; other sweeps of the
    same configuration have the same.
    """

    number: int
    settings: Mapping[str, Any]
    config: Any
    label: str


@dataclass(frozen=True)
class Sweep:
    """Many configurations of one experiment, found valid.

    content: what the file says, as plain values.
    """

    name: str
    experiment: "Experiment"
    preset: str
    num_seeds: int
    content: Mapping[str, Any]
    points: tuple[Point, ...]

    def description(self) -> dict[str, Any]:
        """Return what a record of the sweep says of its configuration."""
        base = plain(self.experiment.presets[self.preset])
        return {"class": "Sweep", **self.content, "base": base}


def read(path: Path, name: str) -> Sweep:
    """Read a sweep of the experiment `name` and check every point of it.

    Raises: UsageError, one sentence with file and setting, for a file that cannot be read, an
        unknown key or setting, a value of the wrong type or one that the experiment refuses.
    """
    try:
        content = yaml_files.read(path)
        return from_content(content, path.stem, lookup.experiment(name))
    except (OverrideError, yaml_files.FileError) as error:
        raise UsageError(f"{path}: {error}") from None


def from_content(content: Any, name: str, experiment: "Experiment") -> Sweep:  # noqa: ANN401
    """Return the sweep that the content of a file stands for.

    Raises: OverrideError naming the key or setting at fault.
    """
    _check_keys(content)
    _check_name(name, experiment)
    preset = content["preset"]
    if not isinstance(preset, str) or preset not in experiment.presets:
        raise OverrideError(f"preset is {preset!r}; use one of {', '.join(experiment.presets)}")
    seeds = content.get("seeds", experiment.num_seeds[preset])
    if type(seeds) is not int or not 1 <= seeds <= MOST_SEEDS:
        raise OverrideError(f"seeds is {seeds!r}; it must be a number from 1 to {MOST_SEEDS}")
    points = _points(content, experiment.presets[preset])
    plain = {key: content[key] for key in KEYS if key in content} | {"seeds": seeds}
    return Sweep(name, experiment, preset, seeds, plain, points)


def recorded(manifest: Manifest, experiment: "Experiment") -> Sweep:
    """Return the sweep that a record was made of."""
    content = {key: manifest.config[key] for key in KEYS if key in manifest.config}
    return from_content(content, manifest.preset, experiment)


def _check_keys(content: Any) -> None:  # noqa: ANN401
    if not isinstance(content, dict):
        raise OverrideError(f"a sweep is made of the keys {', '.join(KEYS)}, one per line")
    for key in content:
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"use {', '.join(KEYS)}"
            raise OverrideError(f"there is no key {key!r}; {hint}")
    if "preset" not in content:
        raise OverrideError("it has no preset; name the one that every point starts from")
    if not {"overrides", "points"} & set(content):
        raise OverrideError("it changes no setting; list some under overrides or points")


def _check_name(name: str, experiment: "Experiment") -> None:
    if not NAME.fullmatch(name) or name in experiment.presets:
        presets = ", ".join(experiment.presets)
        raise OverrideError(
            f"the sweep would be called {name!r}; name the file with a-z, 0-9, _ and -, "
            f"and not {presets}"
        )


def _points(content: Mapping[str, Any], base: Any) -> tuple[Point, ...]:  # noqa: ANN401
    fixed = _settings(content.get("fixed", {}), "fixed", base)
    lazily = itertools.chain(_combinations(content, base), _listed(content, base))
    changes = list(itertools.islice(lazily, MOST_POINTS + 1))
    if len(changes) > MOST_POINTS:
        raise OverrideError(f"it has more than {MOST_POINTS} points; split it into several files")
    swept = list(dict.fromkeys(name for change in changes for name in change))
    for name in fixed:
        if name in swept:
            raise OverrideError(f"fixed.{name} is also swept; keep one of them")
    start = _built(base, fixed, "fixed")
    points: list[Point] = []
    for number, change in enumerate(changes, start=1):
        config = _built(start, change, f"point {number}")
        settings = {name: value_of(config, name) for name in swept}
        label = f"point-{hash_json(plain(config))[:16]}"
        points.append(Point(number, settings, config, label))
    _refuse_repeated(points)
    return tuple(points)


def _combinations(content: Mapping[str, Any], base: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    if "overrides" not in content:
        return
    overrides = _mapping(content["overrides"], "overrides")
    for name, values in overrides.items():
        if not isinstance(values, list) or not values:
            raise OverrideError(f"overrides.{name} is {values!r}; it must be a list of values")
        for value in values:
            _settings({name: value}, "overrides", base)
    for values in itertools.product(*overrides.values()):
        yield dict(zip(overrides, values, strict=True))


def _listed(content: Mapping[str, Any], base: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    if "points" not in content:
        return
    points = content["points"]
    if not isinstance(points, list) or not points:
        raise OverrideError(f"points is {points!r}; it must be a list of settings with a value")
    for number, point in enumerate(points, start=1):
        yield _settings(point, f"points.{number}", base)


def _settings(given: Any, key: str, base: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return settings and values under a key of the file, each found valid on its own."""
    given = {} if key == "fixed" and given == {} else _mapping(given, key)
    for name, value in given.items():
        try:
            checked(base, name, value)
        except OverrideError as error:
            raise OverrideError(f"{key}: {error}") from None
    return given


def _mapping(given: Any, key: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(given, dict) or not given or not all(isinstance(k, str) for k in given):
        raise OverrideError(f"{key} is {given!r}; it must name settings, such as task.num_context")
    return given


def _built(config: Any, changes: Mapping[str, Any], where: str) -> Any:  # noqa: ANN401
    try:
        return override(config, changes)
    except OverrideError as error:
        raise OverrideError(f"{where}: {error}") from None


def _refuse_repeated(points: list[Point]) -> None:
    seen: dict[str, int] = {}
    for point in points:
        if point.label in seen:
            raise OverrideError(
                f"points {seen[point.label]} and {point.number} are the same; remove one of them"
            )
        seen[point.label] = point.number
