"""What a token holds of earlier observations, by its width.

A token has d channels and an observation n entries, so that a linear probe can read at most d / n
observations without error.  Paper B, Figure 21.
"""

import pandas as pd

from incontext.experiments import tables
from incontext.experiments.partial_observation.config import Config, width_of
from incontext.experiments.partial_observation.panels import probed
from incontext.experiments.types import Roles, Wanted

READ = 0.1  # of the variance: an observation counts as read below it


def role(width: int) -> str:
    """What a narrow network is called among the trainings."""
    return f"hybrid, {width} channels"


def trainings(config: Config) -> dict[str, Wanted]:
    """The narrow networks, one seed each."""
    return {role(width_of(one)): Wanted(one, 1) for one in config.narrow}


def probes(config: Config, networks: Roles) -> pd.DataFrame:
    """Errors of probes for the last observations, narrowest token first.

    Squared error per entry: columns width, scoring, seed, back, error.  The widest is the hybrid of
    the other figures, with the seeds that the narrow ones have.
    """
    frames = []
    for width, training in config.by_width.items():
        name = "hybrid" if training is config.hybrid else role(width)
        frames.append(probed(config, training, networks[name].first(1)).assign(width=width))
    table = pd.concat(frames, ignore_index=True)
    return table[["width", "scoring", "seed", "back", "error"]]


def add_widths(
    config: Config, table: pd.DataFrame, variance: float, rows: tables.MetricRows
) -> None:
    """How many observations are read by width, over what there is room for, and gained by width.

    Read are the latest ones without a gap whose error is below a tenth of the variance of an
    entry, on held-out sequences.  Gained is what the fullest token holds more than the narrowest.
    """
    size = config.task.observed_dim
    scored = table[table["scoring"] == "held out"]
    held = {}
    for width, part in scored.groupby("width"):
        errors = part.pivot(index="seed", columns="back", values="error") / variance
        held[width] = errors.lt(READ).cumprod(axis=1).sum(axis=1)
        rows.add(f"width_{width}_held", held[width], errors.index)
        room = min(int(str(width)) // size, config.looked_for)
        rows.add(f"width_{width}_room", room)
        rows.add(f"width_{width}_held_over_room", held[width] / room, errors.index)
    counts = pd.DataFrame(held)
    gain = counts.max(axis=1) - counts[min(held)]
    rows.add("held_gain_with_width", gain, gain.index)
