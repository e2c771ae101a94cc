"""The tables of the page What it costs: from trained networks and the benchmarks' results."""

import json
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from incontext import paths
from incontext.networks import Store
from incontext.networks.files import read_header
from pages.markup import code, escape, table
from pages.publication import Publication

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
COMMAND = ".venv/bin/python -m benchmarks"
BENCHMARKS = ("training", "mesa", "memory", "startup")

Row = Mapping[str, Any]


def generate(book: Publication, name: str) -> str:
    """One part of the page; where nothing was measured, the command that does it."""
    del book
    return PARTS[name]()


def networks() -> str:
    """What one seed of every recorded training took, from the headers of its networks."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in Store(paths.networks_directory()).files():
        found.setdefault(path.parent.name, []).append(read_header(path))
    if not found:
        return (
            f"Nothing is recorded yet: {code('.venv/bin/incontext train')} trains what is wanted."
        )
    rows = [(*_network(folder, headers), *_places(headers)) for folder, headers in found.items()]
    places = {place for *_, place in rows}
    heads = ("Network", "Steps", "Tasks a step", "Seeds", "Minutes, median", "On")
    if len(places) > 1:
        return table(heads, rows)
    return f"{table(heads[:-1], [row[:-1] for row in rows])}\n\nAll on {places.pop()}."


def _network(folder: str, headers: list[dict[str, Any]]) -> tuple[object, ...]:
    """A row: a folder is called <name>-<digest>, and its headers differ by seed."""
    schedule = headers[0]["training"]["schedule"]
    known = [one["seconds"] / 60 for one in headers if one.get("seconds")]
    took = f"{statistics.median(known):.1f}" if known else "not known"
    name, steps, tasks = folder.rpartition("-")[0], schedule["num_steps"], schedule["batch_size"]
    return code(name), f"{steps:,}", f"{tasks:,}", len(headers), took


def _places(headers: list[dict[str, Any]]) -> tuple[str]:
    """On what processors or accelerators seeds were trained."""
    found = {
        one["cpu"] if one["device"]["platform"] == "cpu" else one["device"]["kind"]
        for one in headers
    }
    return (escape("; ".join(sorted(found))),)


def training() -> str:
    """A training step beside the usual loop."""
    heads = ("Linear layers", "Devices", "Here, ms per seed-step", "Usual loop, ms", "Times faster")
    names = ("ours, ms per seed-step", "usual loop, ms per step", "times faster")
    return measured(
        "training",
        heads,
        lambda row: (row["layers"], row["devices"], *(spread(row[name]) for name in names)),
    )


def memory() -> str:
    """Peak memory and time of every experiment at the laptop preset."""
    return measured(
        "memory",
        ("Command", "Seeds", "Peak MB", "Seconds"),
        lambda row: (
            code(f"incontext run {row['experiment']}"),
            row["seeds"],
            spread(row["megabytes"]),
            spread(row["seconds"]),
        ),
    )


def startup() -> str:
    """Seconds until something is shown."""
    return measured(
        "startup",
        ("Command", "Until", "Python files", "Seconds"),
        lambda row: (code(row["command"]), row["until"], row["state"], spread(row["seconds"])),
    )


def mesa() -> str:
    """Time and memory of every layer, as sequences grow."""
    found = rows("mesa")
    lengths = sorted({row["positions"] for row in found})
    lines: dict[str, dict[int, str]] = {}
    for row in found:
        lines.setdefault(row["layer"], {}).setdefault(row["positions"], _cell(row))
    cells = [[name, *(line.get(n, "") for n in lengths)] for name, line in lines.items()]
    return table(("Layer", *(f"T = {n:,}" for n in lengths)), cells) if cells else missing("mesa")


def _cell(row: Row) -> str:
    """Milliseconds, times those of linear attention where both took turns, megabytes."""
    took = row["milliseconds"]
    time = took if isinstance(took, str) else f"{number(middle(took))} ms"
    beside = f" ({number(row['times linear'])} ×)" if "times linear" in row else ""
    return f"{time}{beside}, {number(row['megabytes'])} MB"


def machines() -> str:
    """Where, when and how every part was measured."""
    lines = []
    for name in BENCHMARKS:
        for part, about in results(name).items():
            machine = about["machine"]
            place = f"{machine['cpu']}, {machine['device']['platform']}"
            made = f"{machine['measured'][:10]}, {(machine['commit'] or 'unknown')[:9]}"
            versions = f"jax {machine['versions']['jax']}"
            busy = machine.get("load before", "not known")
            lines.append(
                (code(f"{name}.{part}"), about["numbers"], escape(place), versions, made, busy)
            )
    heads = ("Part", "Numbers are", "Processor, device", "With", "On, at commit", "Load before")
    return table(heads, lines)


def measured(name: str, heads: tuple[str, ...], cells: Callable[[Row], tuple[object, ...]]) -> str:
    """A table of everything that a benchmark found, or the command that measures it."""
    found = rows(name)
    return table(heads, [cells(row) for row in found]) if found else missing(name)


def missing(name: str) -> str:
    """What stands for a benchmark that was never run."""
    return f"Not yet: {code(f'{COMMAND} {name}')} measures it."


def rows(name: str) -> list[Row]:
    """Rows of all measured parts of a benchmark."""
    return [row for part in results(name).values() for row in part["rows"]]


def results(name: str) -> dict[str, dict[str, Any]]:
    """What the benchmarks have kept: part -> machine, rows."""
    place = RESULTS / f"{name}.json"
    return json.loads(place.read_text("utf-8"))["parts"] if place.is_file() else {}


def spread(value: float | Mapping[str, float]) -> str:
    """A median with its quartiles, or a single number."""
    if not isinstance(value, Mapping):
        return number(value)
    return f"{number(value['median'])} ({number(value['low'])} to {number(value['high'])})"


def middle(value: float | Mapping[str, float]) -> float:
    """A median, or a single number."""
    return value["median"] if isinstance(value, Mapping) else value


def number(value: float) -> str:
    """Three significant digits."""
    return f"{float(f'{value:.3g}'):,g}"


PARTS: dict[str, Callable[[], str]] = {
    "networks": networks,
    "training": training,
    "memory": memory,
    "startup": startup,
    "mesa": mesa,
    "machines": machines,
}
