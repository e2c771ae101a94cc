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

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Le, MinLen
from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML, YAMLError  # 1e-3 is a number, no key is there twice

from incontext.cli import lookup
from incontext.cli.errors import UsageError
from incontext.cli.overrides import OverrideError, override, sentence, value_of
from incontext.cli.running import MOST_SEEDS
from incontext.provenance import hash_json, plain
from incontext.records.tables import NAME
from incontext.records.types import Manifest

if TYPE_CHECKING:
    from incontext.experiments.types import Experiment

MOST_POINTS = 1000
Settings = Annotated[dict[str, Any], MinLen(1)]


class Content(BaseModel):
    """What a file says."""

    model_config = ConfigDict(extra="forbid", strict=True)

    preset: str
    seeds: Annotated[int, Ge(1), Le(MOST_SEEDS)] | None = None
    fixed: dict[str, Any] = {}
    overrides: dict[str, Annotated[list[Any], MinLen(1)]] = {}
    points: list[Settings] = []


KEYS = tuple(Content.model_fields)


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
        if path.exists() and not path.is_file():
            raise OverrideError("it is no regular file")
        content = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
        return from_content(content, path.stem, lookup.experiment(name))
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read: {error.strerror}") from None
    except (YAMLError, RecursionError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or getattr(error, "reason", "it is nested too deep")
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"{path}: it is no YAML: {said}{where}") from None
    except OverrideError as error:
        raise UsageError(f"{path}: {error}") from None


def from_content(content: Any, name: str, experiment: "Experiment") -> Sweep:  # noqa: ANN401
    """Return the sweep that the content of a file stands for.

    Raises: OverrideError naming the key or setting at fault.
    """
    given = _validated(content)
    _check_name(name, experiment)
    if given.preset not in experiment.presets:
        valid = ", ".join(experiment.presets)
        raise OverrideError(f"preset is {given.preset!r}; use one of {valid}")
    seeds = given.seeds or experiment.num_seeds[given.preset]
    points = _points(given, experiment.presets[given.preset])
    plain = given.model_dump(exclude_unset=True) | {"seeds": seeds}
    return Sweep(name, experiment, given.preset, seeds, plain, points)


def recorded(manifest: Manifest, experiment: "Experiment") -> Sweep:
    """Return the sweep that a record was made of."""
    content = {key: manifest.config[key] for key in KEYS if key in manifest.config}
    return from_content(content, manifest.preset, experiment)


def _validated(content: Any) -> Content:  # noqa: ANN401
    try:
        given = Content.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            said = f"a sweep is {content!r}; it must be a mapping of {', '.join(KEYS)}"
            raise OverrideError(said) from None
        if first["type"] == "extra_forbidden":
            valid = ", ".join(KEYS)
            raise OverrideError(f"there is no key {first['loc'][-1]!r}; use {valid}") from None
        raise OverrideError(sentence(error)) from None
    if not (given.overrides or given.points):
        raise OverrideError("it changes no setting; list some under overrides or points")
    return given


def _check_name(name: str, experiment: "Experiment") -> None:
    if not NAME.fullmatch(name) or name in experiment.presets:
        presets = ", ".join(experiment.presets)
        raise OverrideError(
            f"the sweep would be called {name!r}; name the file with a-z, 0-9, _ and -, "
            f"and not {presets}"
        )


def _points(given: Content, base: Any) -> tuple[Point, ...]:  # noqa: ANN401
    combined = itertools.product(*given.overrides.values()) if given.overrides else ()
    named = (dict(zip(given.overrides, values, strict=True)) for values in combined)
    changes = list(itertools.islice(itertools.chain(named, given.points), MOST_POINTS + 1))
    if len(changes) > MOST_POINTS:
        raise OverrideError(f"it has more than {MOST_POINTS} points; split it into several files")
    swept = list(dict.fromkeys(name for change in changes for name in change))
    for name in given.fixed:
        if name in swept:
            raise OverrideError(f"fixed.{name} is also swept; keep one of them")
    start = _built(base, given.fixed, "fixed")
    points: list[Point] = []
    for number, change in enumerate(changes, start=1):
        config = _built(start, change, f"point {number}")
        settings = {name: value_of(config, name) for name in swept}
        label = f"point-{hash_json(plain(config))[:16]}"
        points.append(Point(number, settings, config, label))
    _refuse_repeated(points)
    return tuple(points)


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
