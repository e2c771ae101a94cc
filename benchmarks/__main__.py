"""List the benchmarks, or run some: `python -m benchmarks [NAME | NAME.PART ...]`.

Results go to benchmarks/results/, each part with its machine; a rehearsal (--smoke) goes elsewhere.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks import harness, mesa, processes, training
from benchmarks.harness import Benchmark, Size
from incontext.networks.numerics import set_numerics

BENCHMARKS: dict[str, Benchmark] = {
    one.name: one
    for one in (training.BENCHMARK, mesa.BENCHMARK, processes.MEMORY, processes.STARTUP)
}


def main() -> None:
    """Parse the command line, then list or measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark, or NAME.PART")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--smoke", action="store_true", help="rehearse: tiny sizes")
    parser.add_argument("--turns", type=int, help="repetitions of every case")
    parser.add_argument("--out", type=Path, help="another folder for the results")
    arguments = parser.parse_args()
    size = harness.SMOKE if arguments.smoke else harness.FULL
    if arguments.turns is not None:
        size = Size(size.name, arguments.turns)
    results = arguments.out or (Path("_build/benchmarks") if arguments.smoke else harness.RESULTS)
    try:
        if size.turns < 1:
            raise ValueError(f"--turns is {size.turns}; it must be at least 1.")
        chosen_parts = chosen(arguments.names)
        if arguments.list:
            show_list(results)
        else:
            run(chosen_parts, size, results)
    except ValueError as refused:
        sys.exit(f"benchmarks: {refused}")


def chosen(names: Sequence[str]) -> list[tuple[Benchmark, str]]:
    """Benchmarks and parts that names stand for; all of them without a name.

    Raises:
        ValueError: if there is no benchmark or part of a name.
    """
    pairs = []
    for name in names or BENCHMARKS:
        first, _, part = name.partition(".")
        if first not in BENCHMARKS:
            raise ValueError(
                f"there is no benchmark {first!r}; choose from {', '.join(BENCHMARKS)}."
            )
        parts = BENCHMARKS[first].parts
        if part and part not in parts:
            raise ValueError(f"{first} has no part {part!r}; choose from {', '.join(parts)}.")
        pairs += [(BENCHMARKS[first], one) for one in ([part] if part else parts)]
    return pairs


def run(work: Sequence[tuple[Benchmark, str]], size: Size, results: Path) -> None:
    """Measure part after part, and show each as a table, of a spread its median."""
    set_numerics()
    for number, (benchmark, part) in enumerate(work, start=1):
        print(f"{benchmark.name}.{part}, {number} of {len(work)}", flush=True)
        rows = pd.DataFrame(harness.measure(benchmark, part, size, results))
        medians = rows.map(lambda one: one["median"] if isinstance(one, dict) else one)
        print(medians.to_string(index=False, na_rep=""), end="\n\n")
    print(f"benchmarks: {len(work)} part{'s' if len(work) > 1 else ''} written to {results}/")


def show_list(results: Path) -> None:
    """Every benchmark, its parts, and when each was last measured."""
    for one in BENCHMARKS.values():
        kept = harness.load(one.name, results)
        print(f"{one.name}: {one.about}")
        for part in one.parts:
            when = kept[part]["machine"]["measured"][:10] if part in kept else "not measured yet"
            print(f"    {one.name}.{part}: {when}")


if __name__ == "__main__":
    main()
