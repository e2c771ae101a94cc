"""Durations of things that take turns, and what is told of them."""

import statistics
import time
from collections.abc import Callable, Hashable, Mapping, Sequence

Turn = Callable[[], float]  # does the work once, returns what it cost


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
    """Median and quartiles, with so many significant digits."""
    ordered = sorted(costs)
    low, high = ordered[0], ordered[-1]
    if len(ordered) >= 4:
        low, _, high = statistics.quantiles(ordered, n=4)
    middle = statistics.median(ordered)
    return {"median": short(middle, digits), "low": short(low, digits), "high": short(high, digits)}


def short(value: float, digits: int = 4) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits}g}")


def seconds(work: Callable[[], object]) -> float:
    """Seconds that some work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
