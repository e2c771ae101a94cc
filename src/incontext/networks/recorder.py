"""Trains the networks that are missing, one after another, and records what is finished.

Killed at any moment it loses the last few seconds; several recorders side by side, in processes or
on machines that share the directory, never train the same network.
"""

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jax
from jaxtyping import PyTree

from incontext import provenance
from incontext.errors import Refusal
from incontext.files import Busy, exclusive
from incontext.networks import network
from incontext.networks.distillation import ON_READER, problem
from incontext.networks.files import FileError, read_header
from incontext.networks.network import Networks
from incontext.networks.store import Store
from incontext.networks.training import Training
from incontext.networks.tuning import Find
from incontext.training.loop import Run, fit, take_seed
from incontext.training.progress import Progress, Silent
from incontext.training.state import TrainingDivergedError

SECONDS_BETWEEN_SAVES = 10.0


@dataclasses.dataclass(frozen=True)
class Missing:
    """One network that is wanted and not recorded.

    recorded: seeds of the same training that are.  seconds: how long it takes, measured on
    recorded seeds, or None where there is none.
    """

    training: Training
    seed: int
    recorded: int
    seconds: float | None


class TimeUpError(Exception):
    """The time that a recorder was given is over; what is unfinished was saved."""


def missing(store: Store, wanted: Mapping[Training, Iterable[int]]) -> list[Missing]:
    """Networks that are wanted and not recorded: those of the fewest seeds first, then shortest.

    A seed counts as many as there are before it, so that every training gets its first before
    any gets its second.  Unfinished ones come first among their equals.
    """
    found = []
    for training, seeds in wanted.items():
        recorded = store.seeds(training)
        seconds = measured_seconds(store, training)
        fresh = [seed for seed in seeds if seed not in recorded]
        found += [
            Missing(training, seed, len(recorded) + number, seconds)
            for number, seed in enumerate(fresh)
        ]

    def order(one: Missing) -> tuple[int, bool, float]:
        begun = store.unfinished_path(one.training, one.seed).exists()
        return one.recorded, not begun, one.seconds or work(one.training)

    return sorted(found, key=order)


def measured_seconds(store: Store, training: Training) -> float | None:
    """Median seconds that recorded seeds of a training took; None if none is recorded."""
    headers = [read_header(store.path(training, seed)) for seed in store.seeds(training)]
    seconds = sorted(float(header["seconds"]) for header in headers if header["seconds"])
    return seconds[len(seconds) // 2] if seconds else None


def work(training: Training) -> float:
    """A rough number of seconds for a training of which nothing is recorded: only for order.

    Six operations per weight and token, at 20 G operations per second.
    """
    schedule = training.schedule
    example = jax.eval_shape(lambda: training.task.sample(1, key=jax.random.key(0)))
    tokens = max(leaf.shape[1] if leaf.ndim > 2 else 1 for leaf in jax.tree.leaves(example))
    weights = 10_000 * getattr(training.network, "num_layers", 1)
    return 6.0 * weights * tokens * schedule.batch_size * schedule.num_steps / 20e9


def record(
    store: Store,
    wanted: Mapping[Training, Iterable[int]],
    *,
    deadline: float | None = None,
    progress: Progress | None = None,
    repository: Path | None = None,
) -> list[Path]:
    """Train and record what is missing; return the files that were written.

    Seeds of one training are trained side by side, one per device.  A training that diverges, or
    cannot be taken up from its unfinished file, is left out, and said at the end.

    deadline: time.monotonic() at which to save what is unfinished and stop.

    Raises:
        Refusal: if trainings were left out, after everything else was trained.
        TimeUpError: at the deadline.
    """
    written: list[Path] = []
    failed: dict[tuple[Training, int], str] = {}
    busy: set[tuple[Training, int]] = set()
    waiting: list[Missing] = []
    git = provenance.git(repository)
    _forget_finished(store, wanted)
    while True:
        todo = [
            one
            for one in missing(store, wanted)
            if (one.training, one.seed) not in failed.keys() | busy
        ]
        waiting = [one for one in todo if not _can_begin(store, one.training)]
        todo = [one for one in todo if one not in waiting]
        if not todo:
            break
        with ExitStack() as held:
            group = _reserve(store, todo, held, busy, failed)
            if not group:
                continue
            try:
                written += _train(store, group, deadline, progress or Silent(), git)
            except TrainingDivergedError as error:
                failed[group[0].training, error.seed] = f"{group[0].training.name}: {error}"
        busy.clear()  # who trained them may have stopped since
    for one in waiting:
        assert isinstance(one.training, ON_READER)
        failed[one.training, one.seed] = (
            f"{one.training.name} needs {one.training.reader.name}, seed "
            f"{one.training.reader_seed}, which is not recorded; train it first."
        )
    if failed:
        raise Refusal(" ".join(failed.values()))
    return written


def _can_begin(store: Store, training: Training) -> bool:
    """Whether the network that a training starts from is recorded; true of any other training."""
    if not isinstance(training, ON_READER):
        return True
    return store.path(training.reader, training.reader_seed).exists()


def weights(store: Store) -> Find:
    """How a tuning finds its reader among recorded networks."""
    return lambda training, seed: store.read(training, seed).params


def _forget_finished(store: Store, wanted: Mapping[Training, Iterable[int]]) -> None:
    """Remove unfinished trainings of networks that are recorded: who wrote these died before."""
    for training in wanted:
        for seed in store.seeds(training):
            store.unfinished_path(training, seed).unlink(missing_ok=True)


def _reserve(
    store: Store,
    todo: Sequence[Missing],
    held: ExitStack,
    busy: set[tuple[Training, int]],
    failed: dict[tuple[Training, int], str],
) -> list[Missing]:
    """The next networks of one training, one per device, that nobody else trains.

    Only those that are equally far can be trained side by side.
    """
    group: list[Missing] = []
    far = None
    for one in todo:
        if one.training != todo[0].training:
            continue
        path, name = store.path(one.training, one.seed), one.training.name
        with ExitStack() as mine:
            try:
                mine.enter_context(exclusive(path, f"training {name}, seed {one.seed},"))
                step = _step(store, one)
            except Busy:
                busy.add((one.training, one.seed))
                continue
            except FileError as error:
                failed[one.training, one.seed] = str(error)
                continue
            if path.exists() or step != (step if far is None else far):
                continue  # it was finished while we were looking, or is not as far
            far = step
            group.append(one)
            held.enter_context(mine.pop_all())
        if len(group) == len(jax.devices()):
            break
    return group


def _step(store: Store, one: Missing) -> int:
    saved = store.read_unfinished(one.training, one.seed)
    return int(saved[0]["step"]) if saved else 0


def _train(
    store: Store,
    group: Sequence[Missing],
    deadline: float | None,
    progress: Progress,
    git: dict[str, Any],
) -> list[Path]:
    training, seeds = group[0].training, tuple(one.seed for one in group)
    before = [store.read_unfinished(training, seed) for seed in seeds]
    begun = [one for one in before if one is not None]
    spent, started = max((seconds for _, seconds in begun), default=0.0), time.monotonic()
    saved_at = started

    def seconds() -> float:
        return spent + time.monotonic() - started

    def save(run: Run) -> None:
        for seed, state in zip(seeds, run.save(), strict=True):
            store.save_unfinished(training, seed, state, seconds())

    named = ", ".join(map(str, seeds))
    with progress.stage(
        f"{training.name}, seed{'s' if len(seeds) > 1 else ''} {named}",
        training.schedule.num_steps,
    ) as report:

        def watch(run: Run) -> None:
            nonlocal saved_at
            report(run.step)
            if run.step == training.schedule.num_steps:
                return
            now = time.monotonic()
            if deadline is not None and now > deadline:
                save(run)
                raise TimeUpError
            if now - saved_at > SECONDS_BETWEEN_SAVES:
                save(run)
                saved_at = time.monotonic()

        trained = fit(
            problem(training, weights(store)),
            training.schedule,
            seeds=seeds,
            kept=training.kept,
            saved=[state for state, _ in begun],
            watch=watch,
        )
    return _write(store, network.of(training, seeds, trained), seconds() / len(seeds), git)


def _write(store: Store, networks: Networks, seconds: float, git: dict[str, Any]) -> list[Path]:
    """Record what was trained, but for seeds that came from elsewhere meanwhile."""
    training, written = networks.training, []
    more = {"side_by_side": str(len(networks.seeds))}
    if isinstance(training, ON_READER):
        more["reader"] = store.checksum(training.reader, training.reader_seed)
    for index, seed in enumerate(networks.seeds):
        if store.path(training, seed).exists():
            store.unfinished_path(training, seed).unlink(missing_ok=True)
        else:
            written.append(store.write(networks, index, seconds=seconds, git=git, **more))
    return written


def train_in_memory(
    wanted: Mapping[Training, Sequence[int]],
    progress: Progress | None = None,
    find: Find | None = None,
) -> dict[Training, Networks]:
    """Train everything that is wanted and record nothing.

    find: where tunings find their readers; without it, among what was trained before them.

    Raises:
        TrainingDivergedError: if a loss is not finite.
    """
    found: dict[Training, Networks] = {}

    def trained_here(training: Training, seed: int) -> PyTree:
        return take_seed(found[training].only([seed]).params, 0)

    for training, seeds in wanted.items():
        stage = (progress or Silent()).stage(training.name, training.schedule.num_steps)
        with stage as report:
            trained = fit(
                problem(training, find or trained_here),
                training.schedule,
                seeds=seeds,
                kept=training.kept,
                watch=lambda run, report=report: report(run.step),
            )
        found[training] = network.of(training, seeds, trained)
    return found
