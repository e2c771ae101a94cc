"""Runs the parts of a benchmark and keeps each with the machine it was measured on."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incontext.paths import repository_root
from incontext.records import provenance

RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much is measured: everything, or as little as shows that it runs.

    turns: how often each case is repeated.
    """

    name: str
    turns: int

    def pick(self, full: Any, smoke: Any) -> Any:  # noqa: ANN401 - one of two values
        """What this size stands for."""
        return smoke if self.name == "smoke" else full


FULL, SMOKE = Size("full", 7), Size("smoke", 2)


@dataclass(frozen=True)
class Benchmark:
    """A named benchmark: parts that can be measured one by one.

    needs: "nothing", "a GPU", or "an hour"; only those that need nothing run unasked.
    """

    name: str
    about: str
    parts: Mapping[str, Callable[[Size], list[Row]]]
    needs: str = "nothing"


def measure(benchmark: Benchmark, part: str, size: Size, results: Path) -> list[Row]:
    """Measure one part and put it into the benchmark's file, other parts untouched."""
    before = os.getloadavg()[0]
    rows = benchmark.parts[part](size)
    kept = load(benchmark.name, results)
    kept[part] = {
        "command": f"python -m benchmarks {benchmark.name}.{part}",
        "size": size.name,
        "machine": machine() | {"load before": round(before, 2)},
        "rows": rows,
    }
    results.mkdir(parents=True, exist_ok=True)
    ordered = {name: kept[name] for name in [*benchmark.parts, *kept] if name in kept}
    text = json.dumps({"benchmark": benchmark.name, "parts": ordered}, indent=1)
    (results / f"{benchmark.name}.json").write_text(text + "\n", encoding="utf-8")
    return rows


def load(name: str, results: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Every part of a benchmark that was measured: part -> command, size, machine, rows."""
    place = results / f"{name}.json"
    if not place.is_file():
        return {}
    return json.loads(place.read_text(encoding="utf-8"))["parts"]


def rows_of(name: str, part: str, results: Path = RESULTS) -> list[Row]:
    """Rows of one part.

    Raises:
        ValueError: if it was never measured.
    """
    kept = load(name, results)
    if part not in kept:
        raise ValueError(
            f"{name}.{part} was never measured; measure it with 'python -m benchmarks "
            f"{name}.{part}'."
        )
    return kept[part]["rows"]


def machine() -> dict[str, Any]:
    """Where, when and with what something was measured."""
    state = provenance.git(repository_root())
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
