"""Run a sweep: every point like an experiment of its own, and then one table of all of them.

A finished point is a record in the build directory, under the hash of its configuration; the table
is a record whose configuration is what the sweep's file says.
"""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import pandas as pd

from incontext.cli import lookup, running, sweeps
from incontext.cli.errors import InterruptedRunError, UsageError
from incontext.cli.running import Request
from incontext.cli.sweeps import Point, Sweep
from incontext.paths import build_directory, repository_root
from incontext.records import provenance, store
from incontext.records.compare import changes
from incontext.records.types import Column, Manifest, Record, Result

MACHINE = ("versions", "device", "cpu", "precision")


def run(name: str, file: Path, *, out: Path | None, record: bool, resume: bool) -> None:
    """Train every point of a sweep and write DIR/<experiment>/<sweep>/.

    Raises: UsageError for a bad file, option or kept point; RecordError, OSError if something
        cannot be written; InterruptedRunError on SIGINT and SIGTERM.
    """
    sweep = sweeps.read(file, name)
    root = running.destination(out, record=record)
    if jax.distributed.is_initialized():
        raise UsageError(f"a sweep is run by one process; give several one point, as in {file}@1")
    try:
        with (
            running.interruptible(),
            store.reserve(sweep.experiment.name, sweep.name, root=root) as slot,
        ):
            origin = _origin(sweep)
            found = list(_finished(sweep, file, resume=resume))
            sealed = slot.save(*_gathered(sweep, found, origin))
    except KeyboardInterrupt:
        options = running.where(out, record=record)
        again = f"incontext run {name} --sweep {file}{options} --resume"
        raise InterruptedRunError(f"interrupted; go on with: {again}") from None
    points = f"{len(sweep.points)} point{'s' if len(sweep.points) > 1 else ''}"
    print(f"{name}/{sweep.name}: {points} in {sealed.wall_seconds:.1f} s -> {slot.directory}")


def run_point(name: str, point: str, block: str | None, *, resume: bool) -> None:
    """Train one point of a sweep, or a block of its seeds, and keep it for the sweep.

    point: FILE@N, the file of the sweep and the number or the label of the point.

    Raises: UsageError for a bad file or a point that is not there; otherwise as `running.run`.
    """
    file, chosen = Path(point.partition("@")[0]), point.partition("@")[2]
    sweep = sweeps.read(file, name)
    named = [one for one in sweep.points if chosen in (str(one.number), one.label)]
    if not named:
        raise UsageError(
            f"--sweep is {point!r}; {file} has the points 1 to {len(sweep.points)}, as in {file}@1"
        )
    request = _request(sweep, file, named[0])
    if block is not None:
        running.run_block(request, block, resume=resume)
    elif resume and _is_kept(running.prepare(request).origin, named[0]):
        print(f"{name}/{request.preset}: trained already -> {place() / name / request.preset}")
    else:
        running.run(request, place(), resume=resume)


def place() -> Path:
    """Return where the records of points are kept."""
    return build_directory() / "sweeps"


def retrain(manifest: Manifest) -> tuple[Result, Manifest]:
    """Train every point of a recorded sweep again; return the table and where it comes from."""
    content = {key: manifest.config[key] for key in sweeps.KEYS if key in manifest.config}
    experiment = lookup.experiment(manifest.experiment)
    sweep = sweeps.from_content(content, manifest.preset, experiment)
    origin = _origin(sweep)
    requests = [_request(sweep, None, point) for point in sweep.points]
    found = [running.train(running.prepare(request)) for request in requests]
    records = [Record(result, finished) for result, finished in found]
    return _gathered(sweep, list(zip(sweep.points, records, strict=True)), origin)


def _request(sweep: Sweep, file: Path | None, point: Point) -> Request:
    options = f"--sweep {file}@{point.number}"
    return Request(sweep.experiment.name, point.label, sweep.num_seeds, point.config, options)


def _origin(sweep: Sweep) -> Manifest:
    running.set_numerics()
    return provenance.describe(
        sweep.experiment.name,
        sweep.name,
        sweep.description(),
        module=sweep.experiment.train.__module__,
        seeds=range(sweep.num_seeds),
        repository=repository_root(),
    )


def _finished(sweep: Sweep, file: Path, *, resume: bool) -> Iterator[tuple[Point, Record]]:
    """Yield every point with its record, trained now if it is not there yet."""
    started, trained = time.monotonic(), 0
    for point in sweep.points:
        prepared = running.prepare(_request(sweep, file, point))
        if not (resume and _is_kept(prepared.origin, point)):
            running.into_record(prepared, place(), resume=resume)
            trained += 1
            each = (time.monotonic() - started) / trained
            _tell(sweep, point, each * (len(sweep.points) - point.number))
        name = sweep.experiment.name
        yield point, store.load(name, point.label, root=place())


def _is_kept(origin: Manifest, point: Point) -> bool:
    """Return whether the record of a point is there and is what training would make now.

    Raises: UsageError if it was trained by the same source on another kind of machine.
    """
    if (origin.experiment, origin.preset) not in _kept():
        return False
    kept = store.load_manifest(origin.experiment, origin.preset, root=place())
    changed = changes(kept, origin)
    if changed and set(changed) <= set(MACHINE):
        raise UsageError(
            f"point {point.number} was trained with other {', '.join(changed)} ({kept.cpu}); "
            "go on where it was trained, or run again without --resume"
        )
    return not changed


def _kept() -> list[tuple[str, str]]:
    return store.recorded(place()) if place().is_dir() else []


def _tell(sweep: Sweep, point: Point, left: float) -> None:
    settings = ", ".join(f"{name}={value}" for name, value in point.settings.items())
    count = f"point {point.number} of {len(sweep.points)}"
    print(
        f"{sweep.name}: {count} ({settings}); about {left:.0f} s left", file=sys.stderr, flush=True
    )


def _gathered(
    sweep: Sweep, found: Sequence[tuple[Point, Record]], origin: Manifest
) -> tuple[Result, Manifest]:
    """Return the table of all points, and where it comes from."""
    frames = [_labelled(record.result.tables["metrics"], point) for point, record in found]
    table = pd.concat(frames, ignore_index=True)
    settings = list(sweep.points[0].settings)
    for name in settings:
        table[name] = _column(table[name])
    names = [_metric(row, settings) for row in table.to_dict("records")]
    metrics = table.assign(metric=names)[["metric", "seed", "value"]]
    columns = {name: Column(f"setting {name} of the configuration") for name in settings}
    columns |= {"point": Column("point of the sweep, counted from 1", 1)}
    result = Result({"metrics": metrics, "points": table}, {}, columns)
    made = [record.manifest for _, record in found]
    seconds = round(sum(one.wall_seconds for one in made), 3)
    started = min(one.started for one in made)
    return result, replace(origin, started=started, wall_seconds=seconds)


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
