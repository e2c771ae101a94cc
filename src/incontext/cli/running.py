"""Train what is missing, and measure it into a report."""

import re
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import jax

from incontext import paths
from incontext.cli import lookup
from incontext.cli.errors import InterruptedRunError, UsageError
from incontext.cli.opening import stop
from incontext.cli.progress import Display
from incontext.errors import Refusal
from incontext.experiments.types import Experiment
from incontext.networks import recorder
from incontext.networks.numerics import set_numerics
from incontext.networks.store import Store
from incontext.networks.training import Training
from incontext.records import provenance, store
from incontext.records.types import Manifest, Result

MOST_SEEDS = 1000  # of all seeds at once the weights are in memory


@dataclass(frozen=True)
class Place:
    """Where networks and reports go, and the options that name it."""

    root: Path
    options: str = ""

    @property
    def networks(self) -> Store:
        """The trained networks there."""
        return Store(self.root / "networks")

    @property
    def reports(self) -> Path:
        """The directory of reports there."""
        return self.root / "reports"


def destination(out: Path | None, *, record: bool) -> Place:
    """Return where results go: data/ if they are recorded, else DIR, else the build directory.

    Raises: UsageError if both are asked for, or if what is installed would be recorded into.
    """
    if out is not None and record:
        raise UsageError("--record writes into data/ and --out elsewhere; give one of them")
    if not record:
        return Place(out or paths.build_directory() / "runs", f" --out {out}" if out else "")
    if paths.repository_root() is None and not paths.is_data_chosen():
        raise UsageError(
            "--record writes into data/ of a checkout, and this package is installed; "
            "name a directory with --data DIR"
        )
    return Place(paths.data_directory(), " --record")


def run(name: str, preset: str, count: str | None, place: Place, *, resume: bool) -> Manifest:
    """Train what is missing of a preset, measure it, and write the report.

    Raises: UsageError for an unknown name or a bad option; RecordError, OSError if the result
        cannot be written; InterruptedRunError on SIGINT and SIGTERM.
    """
    found = lookup.experiment(name)
    config = lookup.config(found, preset)
    seeds = checked_seeds(found, preset, count)
    named = f"--preset {preset}" + (f" --seeds {count}" if count else "")
    again = f"incontext run {name} {named}{place.options} --resume"
    prepare_device()
    with interruptible(again):
        wanted = found.wanted(config, seeds)
        train(wanted, place, resume=resume)
        _refuse_missing(wanted, place, again)
        chosen = None if place.root == paths.data_directory() else wanted
        sealed = report(found, preset, place, chosen)
    tell(sealed, place)
    return sealed


def _refuse_missing(wanted: Mapping[Training, tuple[int, ...]], place: Place, again: str) -> None:
    for one in recorder.missing(place.networks, wanted):
        raise Refusal(
            f"{one.training.name}, seed {one.seed}, is being trained by another process; wait "
            f"until it ends, then: {again}"
        )


def report(
    found: Experiment,
    preset: str,
    place: Place,
    seeds: Mapping[Training, tuple[int, ...]] | None = None,
) -> Manifest:
    """Measure recorded networks and write the report; nothing is trained.

    seeds: of each training; None for all that are recorded.

    Raises: Refusal if a training has no network, or one is not what was written.
    """
    config = lookup.config(found, preset)
    for one in found.trainings(config).values():
        if not place.networks.seeds(one.training):
            raise Refusal(
                f"{one.training.name} is not trained with any seed at {preset}; train it with "
                f"'incontext run {found.name} --preset {preset}{place.options}'"
            )
    with store.reserve(found.name, preset, root=place.reports) as slot:
        result, origin = measure(found, preset, config, place, seeds)
        return slot.save(result, origin)


def measure(
    found: Experiment,
    preset: str,
    config: object,
    place: Place,
    seeds: Mapping[Training, tuple[int, ...]] | None = None,
) -> tuple[Result, Manifest]:
    """Return the result of recorded networks, and where it comes from."""
    started, began = provenance.now(), time.monotonic()
    networks = place.networks
    roles = found.read(config, networks, seeds)
    result = found.report(config, roles)
    checksums = {
        f"{one.training.folder}/seed-{seed}": networks.checksum(one.training, seed)
        for one in roles.values()
        for seed in one.seeds
    }
    origin = provenance.describe(
        found.name,
        preset,
        config,
        module=found.report.__module__,
        seeds=sorted({seed for one in roles.values() for seed in one.seeds}),
        repository=paths.repository_root(),
    )
    took = round(time.monotonic() - began, 3)
    finished = replace(origin, started=started, wall_seconds=took, networks=checksums)
    return result, finished


def train(
    wanted: Mapping[Training, tuple[int, ...]],
    place: Place,
    *,
    resume: bool = True,
    deadline: float | None = None,
) -> list[Path]:
    """Train and record the networks that are missing; return their files.

    resume: go on with unfinished trainings; otherwise they begin anew.
    """
    networks = place.networks
    if not resume:
        for training, seeds in wanted.items():
            for seed in seeds:
                networks.unfinished_path(training, seed).unlink(missing_ok=True)
    with Display(recorder.missing(networks, wanted)) as display:
        return recorder.record(
            networks,
            wanted,
            deadline=deadline,
            progress=display,
            repository=paths.repository_root(),
        )


def tell(sealed: Manifest, place: Place) -> None:
    """Say what was written where."""
    name = f"{sealed.experiment}/{sealed.preset}"
    networks = f"{len(sealed.networks)} network{'s' if len(sealed.networks) != 1 else ''}"
    where = place.reports / sealed.experiment / sealed.preset
    print(f"{name}: {networks} measured in {sealed.wall_seconds:.1f} s -> {where}")


def checked_seeds(found: Experiment, preset: str, count: str | None) -> range:
    """Return the seeds 0, 1, ... that are asked for; the preset's own without a number.

    Raises: UsageError if there are none or too many.
    """
    if count is None:
        return range(found.num_seeds[preset])
    if not re.fullmatch("[0-9]{1,9}", count) or not 1 <= int(count) <= MOST_SEEDS:
        raise UsageError(
            f"--seeds is {count!r}; it must be a number from 1 to {MOST_SEEDS}, such as --seeds 5"
        )
    return range(int(count))


def prepare_device() -> None:
    """Set the numerics of recorded networks and see that JAX has a device.

    Raises: UsageError if it has none.
    """
    set_numerics()
    try:
        jax.devices()
    except (RuntimeError, AssertionError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(
            f"JAX finds no device ({reason}); unset JAX_PLATFORMS and "
            "JAX_NUM_CPU_DEVICES, or set them to devices that are there"
        ) from None


@contextmanager
def interruptible(again: str) -> Iterator[None]:
    """Let SIGINT and SIGTERM, as clusters send it, end the block with a sentence how to go on.

    Raises: InterruptedRunError.
    """
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt:
        raise InterruptedRunError(f"interrupted; go on with: {again}") from None
    finally:
        if signal.getsignal(signal.SIGTERM) is stop:  # else it came, and the command is ending
            signal.signal(signal.SIGTERM, before)
