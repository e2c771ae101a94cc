"""Run the benchmarks, all or those named; print tables, keep them with their machine."""

import json
import pathlib
import sys

import jax
from rich.console import Console
from rich.table import Table

from benchmarks import mesa, training
from incontext.records import provenance

BENCHMARKS = {"training": training, "mesa": mesa}
RESULTS = pathlib.Path(__file__).parent / "results"


def machine() -> dict[str, object]:
    """Where and with what these numbers were measured."""
    return {
        "cpu": provenance.cpu(),
        "device": provenance.device(),
        "versions": provenance.versions(),
        "measured": provenance.now()[:10],
    }


def main() -> None:
    """Measure, print, write one file per benchmark to benchmarks/results/."""
    jax.config.update("jax_default_matmul_precision", "highest")
    RESULTS.mkdir(exist_ok=True)
    chosen = sys.argv[1:] or list(BENCHMARKS)
    for name in chosen:
        rows = BENCHMARKS[name].measure()
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*(str(value) for value in row.values()))
        Console().print(table)
        place = RESULTS / f"{name}.json"
        place.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n")
        print(f"written to {place.relative_to(pathlib.Path.cwd())}")


if __name__ == "__main__":
    main()
