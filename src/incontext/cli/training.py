"""The recorder on the command line: what is missing, and trained for as long as one likes."""

import re
import time
from collections.abc import Mapping, Sequence

from incontext import experiments
from incontext.cli import running
from incontext.cli.errors import UsageError, unknown
from incontext.cli.names import check_preset
from incontext.cli.tables import make_table, print_table
from incontext.networks import recorder
from incontext.networks.training import Training
from incontext.records.claims import read_ledger

UNITS = {"s": 1, "m": 60, "h": 3600}


def train(
    names: Sequence[str], preset: str, seeds: str | None, lasting: str | None, *, listing: bool
) -> None:
    """Train and record what is missing of some experiments or networks, or list it.

    Raises: UsageError for an unknown name or a bad option; Refusal if a training has diverged;
        InterruptedRunError on SIGINT and SIGTERM.
    """
    seconds = None if lasting is None else duration(lasting)
    place = running.destination(None, record=True)
    running.prepare_device()
    wanted, needed_by = collect(names, preset, seeds)
    if listing:
        show(recorder.missing(place.networks, wanted), needed_by)
        return
    options = f" --preset {preset}" + (f" --seeds {seeds}" if seeds else "")
    again = " ".join(["incontext train", *names]) + options
    deadline = None if seconds is None else time.monotonic() + seconds
    with running.interruptible(again):
        try:
            written = running.train(wanted, place, deadline=deadline)
            left = len(recorder.missing(place.networks, wanted))
            state = f"others train the {left} that are missing" if left else "nothing is missing"
            print(f"{len(written)} networks recorded; {state}")
        except recorder.TimeUpError:
            left = recorder.missing(place.networks, wanted)
            paths = [place.networks.unfinished_path(one.training, one.seed) for one in left]
            begun = sum(path.exists() for path in paths)
            print(f"time is up: {len(left)} missing, {begun} of them begun; go on with: {again}")


def collect(
    names: Sequence[str], preset: str, seeds: str | None
) -> tuple[dict[Training, tuple[int, ...]], dict[Training, list[str]]]:
    """Every training with the seeds that are wanted, and the experiments that need it.

    names: of experiments, of networks, or of networks with their digests; none for all.

    Raises: UsageError for an unknown name or preset, or bad seeds.
    """
    wanted: dict[Training, tuple[int, ...]] = {}
    needed_by: dict[Training, list[str]] = {}
    known: dict[str, None] = dict.fromkeys(experiments.names())
    check_preset(preset)
    for experiment in experiments.names():
        found = experiments.get(experiment)
        if preset not in found.presets:
            if experiment in names:
                raise unknown("preset", preset, found.presets)
            continue
        asked = range(found.num_seeds[preset]) if seeds is None else seed_range(seeds)
        for training, mine in found.wanted(found.presets[preset], asked).items():
            known |= {training.name: None}
            if names and not {experiment, training.name, training.folder} & set(names):
                continue
            wanted[training] = tuple(sorted({*wanted.get(training, ()), *mine}))
            needed_by.setdefault(training, []).append(experiment)
    folders = {training.folder for training in wanted}
    for name in names:
        if name not in known and name not in folders:
            raise unknown("experiment or network", name, known)
    return wanted, needed_by


def show(found: Sequence[recorder.Missing], needed_by: Mapping[Training, list[str]]) -> None:
    """Print what is missing in the order in which it is trained."""
    claims = [claim.experiment for claim in read_ledger()]
    table = make_table("network", "seed", "recorded seeds", "minutes", "for", "claims there")
    for one in found:
        experiments_ = needed_by[one.training]
        minutes = "unknown" if one.seconds is None else f"{one.seconds / 60:.1f}"
        count = sum(claims.count(name) for name in experiments_)
        recorded = str(one.recorded)
        table.add_row(one.training.name, str(one.seed), recorded, minutes, ", ".join(experiments_),
                      str(count))  # fmt: skip
    print_table(table)
    known = [one.seconds for one in found if one.seconds is not None]
    print(
        f"{len(found)} missing; {sum(known) / 3600:.1f} h for the {len(known)} whose time was "
        "measured on another seed"
    )


def duration(text: str) -> float:
    """Seconds of a duration such as 90s, 30m or 2h.

    Raises: UsageError for another form.
    """
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh])", text, re.ASCII)
    if match is None or float(match[1]) <= 0:
        raise UsageError(f"--for is {text!r}; it must be a number with s, m or h, such as --for 2h")
    return float(match[1]) * UNITS[match[2]]


def seed_range(text: str) -> tuple[int, ...]:
    """Seeds of a range such as 0-4, or of one number.

    Raises: UsageError for another form.
    """
    match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", text, re.ASCII)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not first <= last < first + running.MOST_SEEDS:
        raise UsageError(
            f"--seeds is {text!r}; it must be one seed or a range of at most {running.MOST_SEEDS}, "
            "such as --seeds 0-4"
        )
    return tuple(range(first, last + 1))
