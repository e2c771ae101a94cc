"""Train an experiment, or a block of its seeds, into a record."""

import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

import jax

from incontext.cli import lookup
from incontext.cli.errors import InterruptedRunError, UsageError
from incontext.cli.progress import Clock, Display
from incontext.cli.sweeps import MOST_SEEDS
from incontext.experiments.types import Experiment
from incontext.paths import build_directory, data_directory, repository_root
from incontext.records import files, provenance, store
from incontext.records.types import SCHEMA_VERSION, Manifest, Result
from incontext.training.workspace import BLOCKS, SeedBlock, Workspace

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"


@dataclass(frozen=True)
class Request:
    """What is to be trained.

    num_seeds: how many; None for the preset's own.  config: another configuration than the
    preset's; `preset` is then the name of its record.  named: the options that name all this.
    """

    name: str
    preset: str
    num_seeds: int | None = None
    config: object = None
    named: str = ""


@dataclass(frozen=True)
class Run:
    """A request that was found valid, ready to be trained."""

    experiment: Experiment
    config: object
    origin: Manifest


def run(request: Request, root: Path, *, resume: bool, where: str = "") -> None:
    """Train and write <root>/<experiment>/<preset>/; see `incontext run --help`.

    where: the options that name the root.  Of several processes that train together, the first
    one writes.

    Raises: UsageError for an unknown name or a bad option; RecordError, OSError if the result
        cannot be written; InterruptedRunError on SIGINT and SIGTERM.
    """
    try:
        with interruptible():
            prepared = prepare(request)
            if jax.process_index():
                _assist(prepared, resume=resume)
                return
            sealed = into_record(prepared, root, resume=resume)
    except KeyboardInterrupt:
        raise InterruptedRunError(_how_to_resume(request, where)) from None
    place = root / request.name / request.preset
    seeds = f"{len(sealed.seeds)} seed{'s' if len(sealed.seeds) > 1 else ''}"
    print(f"{request.name}/{request.preset}: {seeds} in {sealed.wall_seconds:.1f} s -> {place}")


def destination(out: Path | None, *, record: bool) -> Path:
    """Return where results go: data/ if they are recorded, else DIR, else the build directory.

    Raises: UsageError if both are asked for.
    """
    if out is not None and record:
        raise UsageError("--record writes into data/ and --out elsewhere; give one of them")
    return data_directory() if record else out or build_directory() / "runs"


def where(out: Path | None, *, record: bool) -> str:
    """Return the options that name a destination."""
    return f" --out {out}" if out else " --record" if record else ""


def run_block(request: Request, block: str, *, resume: bool) -> None:
    """Train a block A-B of the seeds of a run and keep it where the run with --resume finds it.

    Raises: UsageError for an unknown name or a block that is not one of these seeds; OSError if
        it cannot be written; InterruptedRunError on SIGINT and SIGTERM.
    """
    try:
        with interruptible():
            prepared = prepare(request)
            checkpoints = _checkpoints(prepared.origin)
            mine = _block(block, prepared.origin.seeds)
            place = checkpoints / BLOCKS / mine.name
            activity = f"running seeds {mine.name} of {request.name}/{request.preset}"
            with files.exclusive(place, activity):
                if not resume:
                    shutil.rmtree(place, ignore_errors=True)
                seconds = _train_block(prepared, checkpoints, mine)
    except KeyboardInterrupt:
        raise InterruptedRunError(_how_to_resume(request, f" --block {block}")) from None
    print(f"{request.name}/{request.preset}: seeds {mine.name} in {seconds:.1f} s -> {place}")


def prepare(request: Request, like: Manifest | None = None) -> Run:
    """Return the run that a request stands for, with the numerics of recorded runs set.

    like: a record to compare with, which decides the seeds and the version of the manifest.

    Raises: UsageError for an unknown name, a bad number of seeds, or a device that is not there.
    """
    if request.num_seeds is not None and not 1 <= request.num_seeds <= MOST_SEEDS:
        raise UsageError(
            f"--seeds is {request.num_seeds}; it must be at least 1 and at most {MOST_SEEDS}, "
            "such as --seeds 5"
        )
    found = lookup.experiment(request.name)
    config = request.config or lookup.config(found, request.preset)
    set_numerics()
    _check_device()
    count = request.num_seeds or found.num_seeds[request.preset]
    origin = provenance.describe(
        request.name,
        request.preset,
        config,
        module=found.train.__module__,
        seeds=like.seeds if like else tuple(range(count)),
        repository=repository_root(),
        schema_version=like.schema_version if like else SCHEMA_VERSION,
    )
    return Run(found, config, origin)


def set_numerics() -> None:
    """Set the numerics of recorded runs: exact matrix products, deterministic kernels on a GPU.

    XLA reads its flags when JAX first computes, which importing JAX does not.
    """
    jax.config.update("jax_default_matmul_precision", "highest")
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_gpu_deterministic_ops" not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {DETERMINISTIC}".strip()


def _check_device() -> None:
    try:
        jax.devices()
    except (RuntimeError, AssertionError):
        wanted = os.environ.get("JAX_PLATFORMS", "")
        raise UsageError(
            f"JAX finds no device for JAX_PLATFORMS={wanted!r}; set it to cpu, or unset it"
        ) from None


def into_record(prepared: Run, root: Path, *, resume: bool) -> Manifest:
    """Train and write the record under `root`; return its manifest."""
    origin = prepared.origin
    checkpoints = _checkpoints(origin)
    with ExitStack() as held:
        slot = held.enter_context(store.reserve(origin.experiment, origin.preset, root=root))
        activity = f"running {origin.experiment}/{origin.preset}"
        held.enter_context(files.exclusive(checkpoints, activity))
        for part in sorted(checkpoints.glob(f"{BLOCKS}/*/")):
            held.enter_context(files.exclusive(part, f"running seeds {part.name} of it"))
        if not resume:
            shutil.rmtree(checkpoints, ignore_errors=True)
        result, finished = train(prepared, checkpoints)
        sealed = slot.save(result, finished)
        shutil.rmtree(checkpoints, ignore_errors=True)
    return sealed


def train(prepared: Run, checkpoints: Path | None = None) -> tuple[Result, Manifest]:
    """Return the result of a run and where it comes from; without checkpoints nothing is kept."""
    origin = prepared.origin
    parts = sorted(checkpoints.glob(f"{BLOCKS}/*/clock.json")) if checkpoints else []
    clock = Clock(checkpoints and checkpoints / "clock.json", origin.started, parts)
    with Display(clock) as display:
        workspace = Workspace(checkpoints, provenance.fingerprint(origin), display)
        result = prepared.experiment.run(prepared.config, seeds=origin.seeds, workspace=workspace)
    finished = replace(origin, started=clock.started, wall_seconds=round(clock.seconds(), 3))
    return result, finished


def _assist(prepared: Run, *, resume: bool) -> None:
    """Train together with process 0, which keeps and writes what is made."""
    origin = prepared.origin
    workspace = Workspace(_checkpoints(origin) if resume else None, provenance.fingerprint(origin))
    prepared.experiment.train(prepared.config, seeds=origin.seeds, workspace=workspace)


def _train_block(prepared: Run, checkpoints: Path, block: SeedBlock) -> float:
    origin = prepared.origin
    clock = Clock(checkpoints / BLOCKS / block.name / "clock.json", origin.started)
    with Display(clock) as display:
        workspace = Workspace(checkpoints, provenance.fingerprint(origin), display, block)
        prepared.experiment.train(prepared.config, seeds=origin.seeds, workspace=workspace)
    clock.keep(every=0.0)
    return clock.seconds()


def _block(text: str, seeds: Sequence[int]) -> SeedBlock:
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit() and int(first) <= int(last) <= seeds[-1]):
        raise UsageError(
            f"--block is {text!r}; it must be two of the seeds 0 to {seeds[-1]}, such as "
            f"--block 0-{seeds[-1]}"
        )
    return SeedBlock(int(first), int(last))


def _checkpoints(origin: Manifest) -> Path:
    return build_directory() / "checkpoints" / origin.experiment / origin.preset


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a polite kill (SIGTERM, as clusters send it) end a run like an interrupt."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _how_to_resume(request: Request, options: str) -> str:
    named = f"--preset {request.preset}"
    named += f" --seeds {request.num_seeds}" if request.num_seeds else ""
    again = f"incontext run {request.name} {request.named or named}{options} --resume"
    return f"interrupted; go on with: {again}"
