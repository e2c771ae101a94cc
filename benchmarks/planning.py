"""What many seeds of every experiment cost, calculated from what was measured and counted.

On a CPU: milliseconds per seed-step and seconds per evaluation, as `costs` measured them, times
their number.  On GPUs nothing was measured: a step takes at least as long as its launches take
one after another, its bytes through the memory, and its operations through the arithmetic units,
whichever is longest.  Seeds side by side share the launches and multiply the rest.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import harness, timing
from benchmarks.harness import Benchmark, Row, Size
from incontext import experiments
from incontext.paths import data_directory
from incontext.records import store

SEEDS = 1000
GPUS = (1, 8, 64)
LAUNCHES, BANDWIDTH, ARITHMETIC, START = "launches", "bandwidth", "arithmetic", "start"


@dataclass(frozen=True)
class Accelerator:
    """Limits of one GPU.

    bandwidth: bytes per second.  arithmetic: float32 operations per second outside tensor cores.
    launch: seconds from one small kernel to the next.  memory: bytes, of which `usable` is used.
    """

    name: str = "NVIDIA H200"
    bandwidth: float = 4.8e12
    arithmetic: float = 67e12
    launch: float = 4e-6
    memory: float = 141e9
    usable: float = 0.8

    def at_least(self, count: Mapping[str, float], seeds: int) -> dict[str, float]:
        """Seconds that each limit asks for, for so many seeds side by side."""
        return {
            LAUNCHES: count["launches"] * self.launch,
            BANDWIDTH: seeds * count["bytes"] / self.bandwidth,
            ARITHMETIC: seeds * count["operations"] / self.arithmetic,
        }

    def side_by_side(self, rows: Iterable[Row]) -> int:
        """Seeds whose temporaries fit into the memory."""
        most = max(row["temporary megabytes"] for row in rows) * 1e6
        return max(1, int(self.usable * self.memory / most))


@dataclass(frozen=True)
class Bill:
    """Seconds by what they are spent on."""

    seconds: Mapping[str, float]

    @property
    def total(self) -> float:
        """Seconds in all."""
        return sum(self.seconds.values())

    @property
    def limit(self) -> str:
        """What takes the largest share."""
        return max(self.seconds, key=lambda name: self.seconds[name])


def cpu_seconds(rows: Iterable[Row], seeds: int | None) -> float:
    """Seconds of all trainings on the measured machine; None: each with its own seeds."""
    total = 0.0
    for row in rows:
        each = row["steps"] * row["ms per seed-step"]["median"] / 1e3
        each += row["evaluations"] * row["seconds per evaluation"]["median"]
        count = 1 if row["tuning"] else row["seeds"] if seeds is None else seeds
        total += each * count + row["seconds to compile"]
    return total


def gpu_bill(rows: list[Row], seeds: int, gpus: int, start: float, card: Accelerator) -> Bill:
    """Least seconds on every one of `gpus` GPUs that share the seeds evenly, one job each.

    A job starts once, compiles every training once and tunes the algorithms once.
    """
    share = math.ceil(seeds / gpus)
    blocks = math.ceil(share / card.side_by_side(rows))
    at_once = math.ceil(share / blocks)
    spent = dict.fromkeys((LAUNCHES, BANDWIDTH, ARITHMETIC), 0.0)
    spent[START] = start + sum(row["seconds to compile"] for row in rows)
    for row in rows:
        repeats, wide = (1, 1) if row["tuning"] else (blocks, at_once)
        for part, times in (("step", row["steps"]), ("evaluation", row["evaluations"])):
            needed = card.at_least(row[part], wide)
            longest = max(needed, key=lambda name, needed=needed: needed[name])
            spent[longest] += repeats * times * needed[longest]
    return Bill(spent)


def measure_table(size: Size) -> list[Row]:
    """One row per experiment, and one for all."""
    del size
    start = _start()
    card, rows = Accelerator(), []
    totals: dict[int, dict[str, float]] = {gpus: {} for gpus in GPUS}
    for name in experiments.names():
        trainings = harness.rows_of("costs", name)
        row: Row = {"experiment": name, "CPU hours": _hours(cpu_seconds(trainings, SEEDS))}
        for gpus in GPUS:
            bill = gpu_bill(trainings, SEEDS, gpus, start, card)
            for what, seconds in bill.seconds.items():
                totals[gpus][what] = totals[gpus].get(what, 0.0) + seconds
            row |= _told(bill, gpus)
        row["seeds side by side"] = min(SEEDS, card.side_by_side(trainings))
        rows.append(row)
    everything: Row = {
        "experiment": "everything",
        "CPU hours": timing.short(sum(row["CPU hours"] for row in rows), 3),
    }
    for gpus in GPUS:
        everything |= _told(Bill(totals[gpus]), gpus)
    return [*rows, everything]


def _told(bill: Bill, gpus: int) -> Row:
    shares = {name: timing.short(one / bill.total, 2) for name, one in bill.seconds.items()}
    return {
        f"hours on {gpus} GPU": _hours(bill.total),
        f"limit on {gpus} GPU": bill.limit,
        f"shares on {gpus} GPU": shares,
    }


def _hours(seconds: float) -> float:
    return timing.short(seconds / 3600, 3)


def _start() -> float:
    found = [
        row["seconds"]["median"]
        for row in harness.rows_of("startup", "run")
        if (row["until"], row["state"]) == ("first training", "warm")
    ]
    return found[0]


def measure_check(size: Size) -> list[Row]:
    """The same calculation for recorded runs of the published settings, beside their wall time."""
    del size
    rows = []
    for name, preset in store.recorded(data_directory()):
        if preset != "paper":
            continue
        manifest = store.load_manifest(name, preset, root=data_directory())
        trainings = [_cut(row, len(manifest.seeds)) for row in harness.rows_of("costs", name)]
        calculated = cpu_seconds(trainings, None)
        rows.append(
            {
                "experiment": name,
                "seeds": len(manifest.seeds),
                "calculated seconds": round(calculated),
                "recorded seconds": round(manifest.wall_seconds),
                "ratio": timing.short(manifest.wall_seconds / calculated, 3),
            }
        )
    return rows


def _cut(row: Row, seeds: int) -> dict[str, Any]:
    return row | {"seeds": min(row["seeds"], seeds)}


def measure_assumptions(size: Size) -> list[Row]:
    """What the calculation assumes about a GPU."""
    del size
    card = Accelerator()
    return [
        {"quantity": "memory bandwidth", "value": card.bandwidth / 1e12, "unit": "TB/s"},
        {"quantity": "float32 arithmetic", "value": card.arithmetic / 1e12, "unit": "TFLOP/s"},
        {"quantity": "time per launch", "value": card.launch * 1e6, "unit": "microseconds"},
        {"quantity": "memory", "value": card.memory / 1e9, "unit": "GB"},
        {"quantity": "share of the memory used", "value": card.usable, "unit": "ratio"},
        {"quantity": "start of a job", "value": _start(), "unit": "seconds"},
        {"quantity": "seeds", "value": SEEDS, "unit": "count"},
    ]


BENCHMARK = Benchmark(
    "planning",
    "hours for many seeds, calculated from costs and startup",
    {"table": measure_table, "check": measure_check, "assumptions": measure_assumptions},
)
