"""List the benchmarks, or run some: `python -m benchmarks [NAME | NAME.PART ...]`.

Without a name everything runs that needs neither a GPU nor an hour.  Results go to
benchmarks/results/, each part with its machine; a rehearsal (--smoke) goes elsewhere.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks import catalogue, harness
from benchmarks.harness import Benchmark, Row, Size


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
        if arguments.turns < 1:
            sys.exit(f"benchmarks: --turns is {arguments.turns}; it must be at least 1.")
        size = Size(size.name, arguments.turns)
    results = arguments.out or (Path("_build/benchmarks") if arguments.smoke else harness.RESULTS)
    if arguments.list:
        show_list(results)
        return
    try:
        run(catalogue.chosen(arguments.names), size, results)
    except ValueError as refused:
        sys.exit(f"benchmarks: {refused}")


def run(work: list[tuple[Benchmark, str]], size: Size, results: Path) -> None:
    """Measure part after part, a bar on a terminal, a table after each."""
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bar = progress.add_task("benchmarks", total=len(work))
        for benchmark, part in work:
            progress.update(bar, description=f"{benchmark.name}.{part}")
            rows = harness.measure(benchmark, part, size, results)
            progress.advance(bar)
            if rows:
                progress.console.print(table(f"{benchmark.name}.{part}", rows))
    print(f"benchmarks: {len(work)} part{'s' if len(work) > 1 else ''} written to {results}/")


def table(title: str, rows: list[Row]) -> Table:
    """Rows as a table; columns are the keys of all rows in order of appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    made = Table(*names, title=title)
    for row in rows:
        made.add_row(*(shown(row.get(name, "")) for name in names))
    return made


def shown(value: object) -> str:
    """A value in a table: of a spread the median, of counts how many."""
    if isinstance(value, dict):
        return str(value["median"]) if "median" in value else f"{len(value)} numbers"
    return str(value)


def show_list(results: Path) -> None:
    """Every benchmark, its parts, what it needs, and when it was last measured."""
    for one in catalogue.BENCHMARKS.values():
        kept = harness.load(one.name, results)
        dates = sorted({part["machine"]["measured"][:10] for part in kept.values()})
        missing = [part for part in one.parts if part not in kept]
        when = f"measured {', '.join(dates)}" if dates else "not measured yet"
        if dates and missing:
            when += f", not yet {', '.join(missing)}"
        needs = "" if one.needs == "nothing" else f" (needs {one.needs})"
        print(f"{one.name}: {one.about}{needs}; {when}\n    parts: {', '.join(one.parts)}")


if __name__ == "__main__":
    main()
