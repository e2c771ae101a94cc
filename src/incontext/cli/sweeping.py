"""Run a sweep: train every point, measure each, and write one table of all of them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from incontext.cli import running, sweeps
from incontext.cli.running import Place
from incontext.cli.sweeps import Point, Sweep
from incontext.errors import Refusal
from incontext.networks import recorder
from incontext.networks.training import Training
from incontext.paths import repository_root
from incontext.records import provenance, store
from incontext.records.types import Column, Manifest, Result


def run(name: str, file: Path, place: Place, *, resume: bool) -> None:
    """Train every point of a sweep and write <root>/reports/<experiment>/<sweep>/.

    Raises: UsageError for a bad file; Refusal if a point diverges, after the others were trained;
        RecordError, OSError if something cannot be written; InterruptedRunError on SIGINT and
        SIGTERM.
    """
    sweep = sweeps.read(file, name)
    running.prepare_device()
    again = f"incontext run {name} --sweep {file}{place.options} --resume"
    with running.interruptible(again):
        try:
            running.train(wanted(sweep), place, resume=resume)
        except Refusal as error:
            raise Refusal(f"{error} {_without(sweep, place)}") from None
        with store.reserve(name, sweep.name, root=place.reports) as slot:
            sealed = slot.save(*measure(sweep, place))
    running.tell(sealed, place)


def _without(sweep: Sweep, place: Place) -> str:
    """Say which points have a training that diverged."""
    found = [
        f"{one.number} ({', '.join(f'{name}={value}' for name, value in one.settings.items())})"
        for one in sweep.points
        if recorder.missing(place.networks, _seeds(sweep, one))
    ]
    return f"All others are trained; remove point {', point '.join(found)} and run it again."


def wanted(sweep: Sweep) -> dict[Training, tuple[int, ...]]:
    """Every training of every point with its seeds; points may share some."""
    found: dict[Training, tuple[int, ...]] = {}
    for point in sweep.points:
        for training, seeds in _seeds(sweep, point).items():
            found[training] = max(found.get(training, ()), seeds, key=len)
    return found


def measure(sweep: Sweep, place: Place) -> tuple[Result, Manifest]:
    """Return the table of all points, measured on recorded networks, and where it comes from."""
    started, began = provenance.now(), time.monotonic()
    frames, networks = [], {}
    for point in sweep.points:
        seeds = _seeds(sweep, point)
        result, origin = running.measure(sweep.experiment, sweep.name, point.config, place, seeds)
        frames.append(_labelled(result.tables["metrics"], point))
        networks |= origin.networks
    table = pd.concat(frames, ignore_index=True)
    settings = list(sweep.points[0].settings)
    for name in settings:
        table[name] = _column(table[name])
    names = [_metric(row, settings) for row in table.to_dict("records")]
    metrics = table.assign(metric=names)[["metric", "seed", "value"]]
    columns = {name: Column(f"setting {name} of the configuration") for name in settings}
    columns |= {"point": Column("point of the sweep, counted from 1", 1)}
    origin = provenance.describe(
        sweep.experiment.name,
        sweep.name,
        sweep.description(),
        module=sweep.experiment.report.__module__,
        seeds=range(sweep.num_seeds),
        repository=repository_root(),
    )
    took = round(time.monotonic() - began, 3)
    finished = replace(origin, started=started, wall_seconds=took, networks=networks)
    return Result({"metrics": metrics, "points": table}, {}, columns), finished


def _seeds(sweep: Sweep, point: Point) -> dict[Training, tuple[int, ...]]:
    return sweep.experiment.wanted(point.config, range(sweep.num_seeds))


def _labelled(metrics: pd.DataFrame, point: Point) -> pd.DataFrame:
    """Return the metrics of a point with a column for every setting."""
    before = {"point": point.number, **point.settings}
    labels = pd.DataFrame({name: [value] * len(metrics) for name, value in before.items()})
    return pd.concat([labels, metrics.reset_index(drop=True)], axis=1)


def _column(values: pd.Series) -> pd.Series:
    """Return a setting's values as numbers if all are, else as texts."""
    kinds = {type(value) for value in values}
    if kinds in ({int}, {float}, {bool}):
        return values.infer_objects()
    return values.map(lambda value: _text(value) or "nothing").astype("str")


def _metric(row: Mapping[str, Any], settings: Sequence[str]) -> str:
    return f"{row['metric']} at {', '.join(f'{name}={row[name]}' for name in settings)}"


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(_text, value))
    return "none" if value is None else str(value)
