"""The tables and sentences of the Cost page, made from the benchmarks' committed results."""

from collections.abc import Callable, Mapping
from typing import Any

from pages import cost_figures, cost_plan
from pages.cost_results import COMMAND, load, measured
from pages.markup import code, escape, table
from pages.publication import Publication

PUBLISHED_CONTEXT = 10
AIMS = {"ended": 0.5, "first progress line": 3.0}  # seconds, warm
# (size, curve) -> lowest and highest exponent expected of large sizes, and why.
EXPECTED = {
    ("context", "whole step"): (1, 1, "the query alone reads: $N$ scores, $N$ terms of a mixture"),
    ("context", "drawing the batch"): (1, 1, "$(N + 2) d$ random numbers per prompt"),
    ("inputs", "whole step"): (
        1, 2, "$(N + 2) d$ numbers and $N (d + 1)$ products; $(d + 1)^2$ rules once $d > N$"),
    ("inputs", "drawing the batch"): (1, 1, "$(N + 2) d$ random numbers per prompt"),
    ("layers", "whole step"): (1, 1, "$L - 1$ layers work on all $N + 1$ tokens, the last on one"),
    ("seeds", "whole step"): (1, 1, "one seed after another; they share the compiled program only"),
    ("positions", "linear"): (2, 2, "every position scores every other, $T^2$ pairs"),
    ("positions", "softmax"): (2, 2, "the same pairs, and an exponential for each"),
    ("positions", "mesa"): (1, 1, "one update of a $D \\times D$ matrix per position"),
    ("positions", "drawing the batch"): (1, 1, "$W$ is drawn once, then applied $T$ times"),
}  # fmt: skip


def generate(book: Publication, name: str) -> str:
    """One part of the page; where nothing was measured, the command that does it."""
    del book
    try:
        return PARTS[name]()
    except FileNotFoundError as missing:
        return f"Not yet: {code(f'{COMMAND} {missing.filename}')} measures it."


def training() -> str:
    """A training step beside the usual loop."""
    heads = ("Linear layers", "Devices", "Here, ms per seed-step", "Usual loop, ms", "Times faster")
    names = ("layers", "devices", "ours", "baseline", "ratio")
    rows = [{"devices": 1, **row} for row in load("training", "depths")]
    if "two-devices" in _parts("training"):
        rows += [{**row} for row in load("training", "two-devices")]
    return table(heads, ([row[name] for name in names] for row in rows))


def blocks() -> str:
    """Steps whose batches are taken in blocks, beside whole batches."""
    heads = ("Training", "Blocks", "In blocks, ms per seed-step", "Whole, ms", "Times faster")
    return table(
        heads,
        (
            (f"{row['experiment']}, {row['training']}", row["blocks"],
             f"{row['in blocks']['median']:.3g}", f"{row['whole']['median']:.3g}", row["ratio"])
            for row in load("training", "blocks")
        ),
    )  # fmt: skip


def drawing() -> str:
    """How much of a step is the drawing of its batch, at the published size."""
    rows = {
        row["curve"]: row for row in load("scaling", "context") if row.get("N") == PUBLISHED_CONTEXT
    }
    drawn, whole = rows["drawing the batch"], rows["whole step"]
    return (
        f"At the published size of one layer, {drawn['operations'] / whole['operations']:.0%} of "
        "the operations counted in a step are those of drawing its batch; drawing alone was timed "
        f"at {drawn['ms per step']['median']:.2g} ms, the whole step at "
        f"{whole['ms per step']['median']:.2g} ms."
    )


def scaling_figure() -> str:
    """Cost against every size."""
    parts = {name: load("scaling", name) for name in cost_figures.TITLES}
    alt = (
        "Five panels with logarithmic axes. Time per step rises as a straight line with examples, "
        "layers and seeds, bends upwards with the input dimension, and rises twice as steeply for "
        "linear and softmax layers as for a mesa layer with the number of positions."
    )
    caption = (
        "Milliseconds per training step as one size grows and the others stay as published "
        "(N = d = 10, 2,048 prompts a batch; for positions 32 sequences). Marks: medians of "
        "repeated turns; bands: quartiles. Both axes are logarithmic: a power is a straight "
        "line, and its slope the exponent."
    )
    return cost_figures.figure("scaling", lambda: cost_figures.scaling(parts), alt, caption)


def exponents() -> str:
    """Fitted exponents beside the expected ones."""
    rows = [
        _exponent(name, symbol, row)
        for name, symbol in cost_figures.SYMBOLS.items()
        for row in load("scaling", name)
        if "exponent" in row
    ]
    heads = ("Curve", "Expected", "Measured, 95 %", "Operations", "Because")
    return table(heads, rows)


def _exponent(name: str, symbol: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    low, high, why = EXPECTED[name, row["curve"]]
    met = row["low"] <= high and low <= row["high"]
    return (
        f"${symbol}$, {cost_figures.label(row['curve'])}",
        str(low) if low == high else f"{low} to {high}",
        f"{row['exponent']:.2f} ({row['low']:.2f} to {row['high']:.2f}), "
        + ("as expected" if met else "not as expected"),
        f"{row['exponent of operations']:.2f}",
        why,
    )


def search() -> str:
    """The search for a step size, way by way."""
    rows = [row for steps in ("1-step", "2-steps", "5-steps") for row in load("search", steps)]
    heads = ("Steps", "Way", "Seconds", "Times faster", "Best step size")
    lines = [
        (row["gradient steps"], row["way"], f"{row['seconds']['median']:.2g}",
         f"{row['times faster']:.3g}", row["best step size"])
        for row in rows
    ]  # fmt: skip
    ours = [row for row in rows if row["way"] == "same grid, one compiled call"]
    slowest = max(row["seconds"]["median"] for row in ours)
    verdict = "holds" if slowest <= 1 else "does not hold"
    said = (
        f"{ours[0]['step sizes']} step sizes on {ours[0]['tasks']:,} tasks in one compiled call "
        f"take {slowest:.2g} s at most; the aim of one second {verdict}."
    )
    return f"{table(heads, lines)}\n\n{said}"


def startup() -> str:
    """Seconds until something is shown."""
    rows = []
    for row in [*load("startup", "help"), *load("startup", "run")]:
        took, aim = row["seconds"], ""
        if row["state"] == "warm" and row["until"] in AIMS:
            limit = AIMS[row["until"]]
            aim = f"{limit} s, {'met' if took['median'] <= limit else 'missed'}"
        spread = f"{took['median']:.2f} ({took['low']:.2f} to {took['high']:.2f})"
        rows.append((code(row["command"]), row["until"], row["state"], spread, aim))
    return table(("Command", "Until", "Python files", "Seconds (quartiles)", "Aim"), rows)


def memory() -> str:
    """Peak memory of every experiment at the laptop preset."""
    names = [name for name in _parts("memory") if name != "evaluation"]
    if not names:
        raise FileNotFoundError(2, "not measured", "memory")
    found = [row for name in names for row in load("memory", name)]
    rows = [
        (code(f"incontext run {row['experiment']}"), row["seeds"], f"{row['megabytes']:,}",
         f"{row['seconds']:.0f}") for row in found
    ]  # fmt: skip
    most = max(row["megabytes"] for row in found)
    verdict = "under" if most < 2000 else "not under"
    said = f"The most that any held is {most:,} MB, {verdict} the two gigabytes aimed at."
    return f"{table(('Command', 'Seeds', 'Peak MB', 'Seconds'), rows)}\n\n{said}"


def evaluation() -> str:
    """Peak memory of an evaluation as tasks grow, in batches and at once."""
    rows = [
        (f"{row['tasks']:,}", row["how"], f"{row['megabytes']:,}", f"{row['seconds']:.1f}",
         row["loss"]) for row in load("memory", "evaluation")
    ]  # fmt: skip
    return table(("Tasks", "How", "Peak MB", "Seconds", "Mean loss"), rows)


def _parts(name: str) -> list[str]:
    return [part for benchmark, part, _ in measured() if benchmark == name]


def machines() -> str:
    """Where and when every part was measured."""
    rows = []
    for name, part, about in measured():
        machine = about["machine"]
        load_then = machine.get("load before")
        commit = (machine.get("commit") or "unknown")[:9]
        rows.append(
            (code(f"{name}.{part}"), escape(machine["cpu"]), machine["device"]["platform"],
             f"jax {machine['versions']['jax']}", machine["measured"][:10], commit,
             "" if load_then is None else load_then)
        )  # fmt: skip
    heads = ("Part", "Processor", "Device", "With", "On", "Commit", "Load before")
    return table(heads, rows)


PARTS: dict[str, Callable[[], str]] = {
    "training": training,
    "blocks": blocks,
    "drawing": drawing,
    "scaling-figure": scaling_figure,
    "exponents": exponents,
    "search": search,
    "startup": startup,
    "memory": memory,
    "evaluation": evaluation,
    "machines": machines,
    "plan": cost_plan.plan,
    "plan-figure": cost_plan.picture,
    "assumptions": cost_plan.assumptions,
    "check": cost_plan.check,
    "gpu": cost_plan.gpu,
    "gpu-status": cost_plan.status,
}
