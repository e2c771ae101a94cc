"""What the benchmarks measured and committed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
COMMAND = ".venv/bin/python -m benchmarks"

Rows = Sequence[Mapping[str, Any]]


def load(name: str, part: str) -> Rows:
    """Rows of one measured part.

    Raises:
        FileNotFoundError: if it was never measured; its filename is the part's name.
    """
    place = RESULTS / f"{name}.json"
    parts = json.loads(place.read_text("utf-8"))["parts"] if place.is_file() else {}
    if part not in parts:
        raise FileNotFoundError(2, "not measured", f"{name}.{part}")
    return parts[part]["rows"]


def measured() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Benchmark, part, and what was kept of it, for everything that was measured."""
    for place in sorted(RESULTS.glob("*.json")):
        parts = json.loads(place.read_text("utf-8")).get("parts", {})
        for part, about in parts.items():
            yield place.stem, part, about
