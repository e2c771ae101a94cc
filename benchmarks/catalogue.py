"""Every benchmark by name."""

from collections.abc import Sequence

from benchmarks import (
    chapters,
    costs,
    gpu,
    memory,
    mesa,
    planning,
    scaling,
    search,
    startup,
    training,
)
from benchmarks.harness import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    one.name: one
    for one in (
        training.BENCHMARK,
        search.BENCHMARK,
        startup.BENCHMARK,
        memory.BENCHMARK,
        scaling.BENCHMARK,
        mesa.BENCHMARK,
        costs.BENCHMARK,
        planning.BENCHMARK,
        gpu.BENCHMARK,
        chapters.BENCHMARK,
    )
}


def chosen(names: Sequence[str]) -> list[tuple[Benchmark, str]]:
    """Benchmarks and parts that names stand for; without names all that need nothing.

    Raises:
        ValueError: if there is no benchmark or part of a name.
    """
    if not names:
        names = [name for name, one in BENCHMARKS.items() if one.needs == "nothing"]
    return [pair for name in names for pair in _parts(name)]


def _parts(name: str) -> list[tuple[Benchmark, str]]:
    first, _, part = name.partition(".")
    if first not in BENCHMARKS:
        raise ValueError(f"there is no benchmark {first!r}; choose from {', '.join(BENCHMARKS)}.")
    found = BENCHMARKS[first]
    if part and part not in found.parts:
        raise ValueError(f"{first} has no part {part!r}; choose from {', '.join(found.parts)}.")
    return [(found, one) for one in ([part] if part else found.parts)]
