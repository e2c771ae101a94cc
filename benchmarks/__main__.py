"""Run the benchmarks, print them as a table, keep them with the machine they come from."""

import json
import pathlib

import jax
from rich.console import Console
from rich.table import Table

from benchmarks import training
from incontext.records import provenance

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
    """Measure, print, write benchmarks/results/training.json."""
    jax.config.update("jax_default_matmul_precision", "highest")
    rows = training.measure()
    table = Table("benchmark", "ours", "baseline", "ratio", "unit")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console().print(table)
    RESULTS.mkdir(exist_ok=True)
    place = RESULTS / "training.json"
    place.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n")
    print(f"written to {place.relative_to(pathlib.Path.cwd())}")


if __name__ == "__main__":
    main()
