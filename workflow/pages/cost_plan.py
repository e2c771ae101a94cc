"""The planning table of the Cost page, and what a GPU would have to measure."""

from collections.abc import Mapping
from typing import Any

from pages import cost_figures
from pages.cost_results import COMMAND, load, measured
from pages.markup import code, table

GPUS = (1, 8, 64)
PARTS = {
    "limits": "bandwidth and time per launch",
    "steps": "milliseconds per seed-step, five and ten seeds side by side",
    "precision": "TF32 beside exact products",
    "cache": "start without and with a compilation cache",
}


def plan() -> str:
    """Hours for many seeds of every experiment."""
    rows = load("planning", "table")
    heads = ("Experiment", "2 CPU cores, calculated from measured", "Seeds side by side",
             *(f"{n} GPU{'s' * (n > 1)}, at least" for n in GPUS))  # fmt: skip
    lines = [
        (
            row["experiment"],
            duration(row["CPU hours"]),
            row.get("seeds side by side", ""),
            *(f"{duration(row[f'hours on {n} GPU'])}, {row[f'limit on {n} GPU']}" for n in GPUS),
        )
        for row in rows
    ]
    return f"{table(heads, lines)}\n\n{moves(rows[-1])}"


def moves(total: Mapping[str, Any]) -> str:
    """Where the bottleneck is, and where it goes."""
    found = []
    for n in GPUS:
        limit = total[f"limit on {n} GPU"]
        share = total[f"shares on {n} GPU"][limit]
        found.append(f"on {n} GPU{'s' * (n > 1)} {limit}, {share:.0%}")
    gain = total[f"hours on {GPUS[0]} GPU"] / total[f"hours on {GPUS[-1]} GPU"]
    return (
        f"What takes the largest share of the whole: {'; '.join(found)}. {GPUS[-1]} GPUs are "
        f"{gain:.1f} times faster than one by this calculation, not {GPUS[-1]} times."
    )


def picture() -> str:
    """Hours against GPUs, by what takes them."""
    rows = load("planning", "table")
    alt = (
        "Three stacked bars for 1, 8 and 64 GPUs: bandwidth fills most of the first; launches "
        "and start take a growing part of the others."
    )
    caption = (
        "What a thousand seeds of all nine experiments spend their least time on, calculated; the "
        "hours stand above. No GPU was measured."
    )
    return cost_figures.figure("plan", lambda: cost_figures.plan(rows, GPUS), alt, caption)


def assumptions() -> str:
    """What is assumed of a GPU."""
    rows = load("planning", "assumptions")
    lines = [(row["quantity"], f"{row['value']:g}", row["unit"]) for row in rows]
    return table(("Assumed", "Value", "Unit"), lines)


def check() -> str:
    """The same calculation beside recorded runs."""
    names = ("experiment", "seeds", "calculated seconds", "recorded seconds", "ratio")
    heads = ("Recorded at the published settings", "Seeds", "Calculated, s", "Recorded, s", "Ratio")
    return table(heads, ([row[name] for name in names] for row in load("planning", "check")))


def gpu() -> str:
    """What was measured on a GPU, or the command that does it."""
    try:
        rows = load("gpu", "steps")
    except FileNotFoundError:
        return (
            f"**Not yet.** {code(f'{COMMAND} gpu')} measures it on a machine with a GPU, in one "
            f"go: {'; '.join(PARTS.values())}. {code(f'{COMMAND} --smoke gpu')} rehearses it "
            "anywhere."
        )
    heads = ("Training", "Seeds", "ms per seed-step", "Limit", "Share of the limit")
    lines = [
        (row["training"], row["seeds"], row["ms per seed-step"]["median"], row["limit"],
         f"{row['share of the limit']:.0%}") for row in rows
    ]  # fmt: skip
    return table(heads, lines)


def status() -> str:
    """What needs a GPU and whether it was done, each with its command."""
    rows = []
    for name, what in (
        ("gpu", "Speed: " + "; ".join(PARTS.values())),
        ("chapters", "All chapters by papermill with `fresh`, published settings, end to end"),
    ):
        rows.append((what, done(name), code(f"{COMMAND} {name}")))
    return table(("On a GPU", "Done", "Command that does it"), rows)


def done(name: str) -> str:
    """When a benchmark was measured on a GPU, or that it was not."""
    for benchmark, _, about in measured():
        device = about["machine"]["device"]
        if benchmark == name and device["platform"] == "gpu" and about["size"] == "full":
            return f"{about['machine']['measured'][:10]}, {device['count']} × {device['kind']}"
    return "not yet"


def duration(hours: float) -> str:
    """Hours as a person says them."""
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
