"""Times things turn by turn, and keeps what was found with the machine it was found on."""

import json
import os
import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incontext import provenance

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"

Row = dict[str, Any]
Turn = Callable[[], float]  # does the work once, returns what it cost


@dataclass(frozen=True)
class Size:
    """How much is measured: everything, or as little as shows that it runs.

    turns: how often each case is repeated.
    """

    name: str
    turns: int

    def pick[T](self, full: T, smoke: T) -> T:
        """What this size stands for."""
        return smoke if self.name == "smoke" else full


FULL, SMOKE = Size("full", 5), Size("smoke", 1)


@dataclass(frozen=True)
class Benchmark:
    """A named benchmark: parts that can be measured one by one."""

    name: str
    about: str
    parts: Mapping[str, Callable[[Size], list[Row]]]


def measure(benchmark: Benchmark, part: str, size: Size, results: Path) -> list[Row]:
    """Measure one part and put it into the benchmark's file, other parts untouched."""
    before = os.getloadavg()[0]
    rows = benchmark.parts[part](size)
    kept = load(benchmark.name, results)
    kept[part] = {
        "command": f"python -m benchmarks {benchmark.name}.{part}",
        "size": size.name,
        "numbers": f"medians and quartiles of {size.turns} turns",
        "machine": machine() | {"load before": round(before, 2)},
        "rows": rows,
    }
    results.mkdir(parents=True, exist_ok=True)
    ordered = {name: kept[name] for name in benchmark.parts if name in kept}
    text = json.dumps({"benchmark": benchmark.name, "parts": ordered}, indent=1)
    (results / f"{benchmark.name}.json").write_text(text + "\n", encoding="utf-8")
    return rows


def load(name: str, results: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Every part of a benchmark that was measured: part -> command, size, machine, rows."""
    place = results / f"{name}.json"
    return json.loads(place.read_text(encoding="utf-8"))["parts"] if place.is_file() else {}


def machine() -> dict[str, Any]:
    """Where, when and with what something was measured."""
    state = provenance.git(ROOT)
    return {
        "cpu": provenance.cpu(),
        "device": provenance.device(),
        "versions": provenance.versions(),
        "commit": state["commit"],
        "source differs from commit": state["dirty"],
        "measured": provenance.now(),
        "load after": round(os.getloadavg()[0], 2),
        "niceness": os.nice(0),
    }


def take_turns[Name: Hashable](cases: Mapping[Name, Turn], turns: int) -> dict[Name, list[float]]:
    """Costs of every case, all cases once before any is repeated.

    A machine that slows down slows all cases.  The first round, which compiles, is dropped.
    """
    for turn in cases.values():
        turn()
    found: dict[Name, list[float]] = {name: [] for name in cases}
    for _ in range(turns):
        for name, turn in cases.items():
            found[name].append(turn())
    return found


def told(costs: Sequence[float], digits: int = 4) -> dict[str, float]:
    """Median and quartiles, with so many significant digits; of three or fewer, the ends."""
    ordered = sorted(costs)
    low, high = ordered[0], ordered[-1]
    if len(ordered) >= 4:
        low, _, high = statistics.quantiles(ordered, n=4)
    spread = {"median": statistics.median(ordered), "low": low, "high": high}
    return {name: short(value, digits) for name, value in spread.items()}


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Median over turns of how much longer one took than the other in the same turn."""
    return short(statistics.median(a / b for a, b in zip(slow, fast, strict=True)), 3)


def short(value: float, digits: int) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")


def seconds(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
