"""What the trained networks took: read from their headers, none of it estimated."""

from collections import defaultdict
from typing import Any

from incontext.experiments import catalogue
from incontext.networks.files import read_header
from incontext.networks.store import Store
from incontext.paths import networks_directory
from incontext.presets import PRESETS
from pages.markup import escape, table
from pages.publication import Publication


def trained(book: Publication) -> str:
    """Every training with recorded networks: seeds, steps, minutes a seed, and the machine.

    A second table adds the hours up by preset and device.
    """
    del book
    store, rows = Store(networks_directory()), []
    hours: dict[tuple[str, str], list[float]] = defaultdict(list)
    seen = set()
    for preset in PRESETS[:-1]:  # smoke is for tests
        for name, known in sorted(catalogue.trainings(preset).items()):
            for training in known:
                if training in seen:
                    continue
                seen.add(training)
                headers = [
                    read_header(store.path(training, seed)) for seed in store.seeds(training)
                ]
                if not headers:
                    continue
                seconds = [float(header["seconds"]) for header in headers]
                for header, one in zip(headers, seconds, strict=True):
                    hours[preset, device(header)].append(one / 3600)
                steps, minutes = training.schedule.num_steps, sum(seconds) / len(seconds) / 60
                where = ", ".join(sorted({device(header) for header in headers}))
                rows.append(
                    (preset, name, len(headers), f"{steps:,}", f"{minutes:.1f}", escape(where))
                )
    totals = table(
        ("Preset", "On", "Networks", "Hours of training"),
        (
            (preset, escape(where), len(each), f"{sum(each):.1f}")
            for (preset, where), each in sorted(hours.items())
        ),
    )
    each = table(("Preset", "Training", "Seeds", "Steps", "Minutes a seed", "On"), rows)
    return f"{totals}\n\n````{{dropdown}} Every training\n{each}\n````"


def device(header: dict[str, Any]) -> str:
    """The processor or accelerator that trained a network."""
    found = header["device"]
    return str(header["cpu"] if found["platform"] == "cpu" else found["kind"])
