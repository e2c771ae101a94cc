"""How far our curves lie from the authors' stored ones, figure by figure.

Both are divided by the loss of predicting zero on their own test set, and subtracted. What is no
loss, a sensitivity or a probe for a target of unknown scale, is divided by the largest stored value
instead; a loss that is published as a ratio is left as it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from incontext.figures import (
    causal_layer,
    dataset_building,
    deep_linear,
    exact_regressions,
    few_shot,
    linearised,
    mesa,
    other_worlds,
    partial_observation,
    softmax_stack,
)
from incontext.paths import reports_directory
from incontext.presets import PRESETS
from incontext.records import store
from pages.markup import escape, table
from pages.publication import Publication

Tables = Mapping[str, pd.DataFrame]
Read = Callable[[Tables], pd.Series]

ZERO, LARGEST, RATIO = "predicting zero", "the largest stored", "the network itself"
SAME = 5 / 3  # expected: ten channels of U(-1, 1), whose norm no orthogonal map changes
STORED_ZERO = 1.675  # Proposition 2 and gradient descent, stored, after one state
# Stored as well, but of algorithms, and not drawn in our figures; at the numbers of states below.
AT = [1, 2, 3, 5, 10, 15, 20, 30, 40, 50]
LATE = "Proposition 2, one late"
STORED_STEP = {
    "B4C": [1.675, 1.640, 1.598, 1.515, 1.272, 1.040, 0.852, 0.630, 0.600, 0.775],
    "B11A": [3.988, 4.049, 3.764, 3.014, 1.667, 0.949, 0.513, 0.117, 0.151, 0.563],
    "B12A": [1.675, 1.626, 1.560, 1.463, 1.314, 1.031, 0.903, 0.616, 0.634, 0.907],
}
STORED_PROPOSITION_2 = {
    "B4D": [1.675, 1.675, 1.483, 1.148, 0.322, 0.0484, 0.0263, 0.0174, 0.0147, 0.0137],
    "B6C": [1.675, 1.675, 1.480, 1.148, 0.318, 0.0446, 0.0237, 0.0155, 0.0130, 0.0121],
    "B11C": [3.988, 4.061, 3.092, 0.286, 0.0568, 0.0451, 0.0196, 0.0135, 0.0075, 0.0088],
    "B12C": [1.675, 1.676, 1.361, 0.919, 0.214, 0.106, 0.0693, 0.0133, 0.0112, 0.0117],
}
STORED_LEAST_SQUARES = [1.675, 1.675, 1.477, 1.147, 0.267, 0.0014, 0.0009, 0.0007, 0.0007, 0.0006]
STORED_NONLINEAR = {
    "softmax": [0.501, 0.418, 0.301, 0.123, 0.0194, 0.0089, 0.0061, 0.0043, 0.0036, 0.0034],
    "hybrid": [0.510, 0.420, 0.303, 0.123, 0.0151, 0.0057, 0.0036, 0.0024, 0.0021, 0.0019],
    "on s": [0.501, 0.501, 0.600, 0.450, 0.0924, 0.0451, 0.0301, 0.0215, 0.0172, 0.0154],
    "on MLP*": [0.501, 0.501, 0.394, 0.173, 0.0225, 0.0095, 0.0062, 0.0047, 0.0039, 0.0037],
}  # fmt: skip
WITHOUT = {
    "B2B": "probes, nonlinear dynamics: not compared point by point",
    "B8B": "prompts with two tasks: not compared point by point",
    "B18B": "prompts with two tasks: not compared point by point",
    "B22": "sensitivities, partly observed dynamics: not compared point by point",
    "B23": "sensitivities, nonlinear dynamics: not compared point by point",
    "B25": "probes, nonlinear dynamics: not compared point by point",
}


class Source(NamedTuple):
    """Where ours stands: an experiment, and its presets at which the task is the published one."""

    experiment: str
    presets: tuple[str, ...] = ("paper",)


class Curve(NamedTuple):
    """A stored curve and where ours stands.

    at, stored: positions and values.  read: ours, by position, from the tables of a record.
    unit: what both are divided by; stored_unit, and own_unit from our tables, are its sizes.
    """

    figure: str
    name: str
    source: Source
    at: Sequence[float]
    stored: Sequence[float]
    read: Read
    unit: str
    stored_unit: float
    own_unit: Callable[[Tables], float]


class Deviation(NamedTuple):
    """Sizes of the differences at the positions that both have, and the middle of our ratios."""

    median: float
    largest: float
    where: float
    ratio: float
    positions: int


def deviation(
    at: Sequence[float], stored: Sequence[float], ours: pd.Series, stored_unit: float, unit: float
) -> Deviation | None:
    """|ours / unit - stored / stored_unit|: its median, its largest value, and where that is.

    Returns:
        None if ours has none of the positions, or is nowhere a number.
    """
    both = pd.DataFrame({"stored": np.asarray(stored, float), "ours": ours.reindex(list(at))})
    both = both.dropna()
    if both.empty:
        return None
    apart = (both["ours"] / unit - both["stored"] / stored_unit).abs()
    ratios = (both["ours"] / both["stored"])[both["stored"] > 0]
    return Deviation(
        float(apart.median()),
        float(apart.max()),
        float(apart.index[int(np.argmax(apart.to_numpy()))]),
        float(ratios.median()),
        len(both),
    )


def column(name: str, value: str, axis: str, **where: object) -> Read:
    """Reader of the mean over seeds of one curve of a table; empty if the table lacks it."""

    def read(tables: Tables) -> pd.Series:
        found = tables[name]
        for key, wanted in where.items():
            found = found[found[key] == wanted]
        return found.groupby(axis)[value].mean()

    return read


Points = tuple[Sequence[float], Sequence[float]]  # positions and stored values
Zero = tuple[Read | float, float]  # levels of ours, or a curve that starts there, and stored


def _loss(figure: str, name: str, source: Source, points: Points, read: Read,
          zero: Zero = (SAME, STORED_ZERO)) -> Curve:  # fmt: skip
    """A loss, by the loss of predicting zero."""
    level, stored = zero

    def own(tables: Tables) -> float:
        return float(level(tables).iloc[0]) if callable(level) else float(level)

    return Curve(figure, name, source, *points, read, ZERO, stored, own)


def _plain(figure: str, name: str, source: Source, points: Points, read: Read,
           unit: str = LARGEST) -> Curve:  # fmt: skip
    """What is no loss: both are divided by the largest stored value, or by nothing."""
    size = max(points[1]) if unit == LARGEST else 1.0
    return Curve(figure, name, source, *points, read, unit, size, lambda tables: size)


def _positions(model: str, **where: object) -> Read:
    return column("positions", "loss", "t", model=model, **where)


def _linear() -> Iterable[Curve]:
    """Figure 4."""
    one, deep = Source("causal-layer"), Source("deep-linear")
    training = column("interpolation", "loss", "step", model="trained")
    points = causal_layer.PUBLISHED_TRAINING
    yield _loss("B4A", "1 linear layer", one, points, training, (training, points[1][0]))
    points = mesa.PUBLISHED_TRAINING
    curve = column("curves", "value", "step", metric="loss", model=mesa.MESA)
    yield _loss("B4A", mesa.MESA, Source("mesa"), points, curve, (curve, 1.674))
    step = _positions("gradient descent")
    zero = (step, STORED_ZERO)
    points = causal_layer.PUBLISHED_POSITIONS
    yield _loss("B4C", "1 linear layer", one, points, _positions("trained"), zero)
    yield _loss("B4C", "a gradient step", one, (AT, STORED_STEP["B4C"]), step, zero)
    for model, values in deep_linear.PUBLISHED_POSITIONS.items():
        name, points = model.replace("layers", "linear layers"), (deep_linear.QUOTED, values)
        yield _loss("B4D", name, deep, points, _positions(model), zero)
    points = (AT, STORED_PROPOSITION_2["B4D"])
    yield _loss("B4D", "Proposition 2", deep, points, _positions(LATE), zero)
    yield from _probes(("B4E", "B4F"), "6 linear layers", deep, deep_linear.PUBLISHED_PROBES)


def _probes(figures: tuple[str, str], model: str, source: Source,
            stored: Mapping[str, Sequence[float]]) -> Iterable[Curve]:  # fmt: skip
    """Errors of both probes by layer after 50 states, scored on the sequences of the fit."""

    def of(target: str) -> Read:
        def read(tables: Tables) -> pd.Series:
            where = {"target": target, "scoring": "training", "t": 50}
            errors = column("probes", "error", "layer", **where)(tables)
            return errors if len(errors) == len(stored[target]) else errors.iloc[:0]

        return read

    for figure, target, entry in zip(figures, stored, (_loss, _plain), strict=True):
        points = (range(len(stored[target])), stored[target])
        yield entry(figure, f"{target} in {model}, by layer", source, points, of(target))


def _raw() -> Iterable[Curve]:
    """Figures 2A, 7A, 16 and 17: networks on raw states."""
    raw, pair, readers = Source("dataset-building"), Source("full-mesa"), dataset_building.READERS
    for model, values in dataset_building.PUBLISHED_PROBES.items():
        read = column("probes", "error", "state", model=model, scoring="training")
        figure, source = ("B17", pair) if model == "linear, mesa" else ("B2A", raw)
        label = f"earlier states in {readers[model][1]}"
        yield _loss(figure, label, source, (range(43, 51), values), read, (1 / 3, 1 / 3))
    zero = (_positions("least squares"), STORED_ZERO)
    for model, values in dataset_building.PUBLISHED_POSITIONS.items():
        label = "7 softmax layers" if model == "softmax" else readers[model][1]
        points = (dataset_building.QUOTED, values)
        yield _loss("B7A", label, raw, points, _positions(model), zero)
    read = _positions("least squares, one late")
    yield _loss("B7A", "least squares", raw, (AT, STORED_LEAST_SQUARES), read, zero)
    for model, both in dataset_building.PUBLISHED_SENSITIVITY.items():
        source = pair if model == "linear, mesa" else raw
        for state, which, values in zip((50, 49), ("current", "previous"), both, strict=True):
            read = column("sensitivities", "sensitivity", "step", model=model, state=state)
            label = f"{readers[model][1]}, to the {which} state"
            points = (dataset_building.PUBLISHED_STEPS, values)
            yield _plain("B16", label, source, points, read)


def _stacks() -> Iterable[Curve]:
    """Figure 6."""
    source = Source("softmax-stack")
    zero = (_positions("Proposition 2, 7 layers"), STORED_ZERO)
    for model, values in softmax_stack.PUBLISHED_POSITIONS.items():
        label, points = model.replace("layers", "softmax layers"), (softmax_stack.QUOTED, values)
        yield _loss("B6C", label, source, points, _positions(model), zero)
    points = (AT, STORED_PROPOSITION_2["B6C"])
    late = _positions("Proposition 2, 7 layers, one late")
    yield _loss("B6C", "Proposition 2, 7 layers", source, points, late, zero)
    yield from _probes(("B6A", "B6B"), "7 softmax layers", source, softmax_stack.PUBLISHED_PROBES)


def _dimensions() -> Iterable[Curve]:
    """Figure 5."""

    def ratios(size: int) -> Read:
        def read(tables: Tables) -> pd.Series:
            losses = column("losses", "loss", "layer", state_dim=size)(tables)
            whole = len(losses) == len(linearised.PUBLISHED[size]) + 1
            return (losses / losses[0]).iloc[1:] if whole else losses.iloc[:0]

        return read

    source = Source("linearised", ("paper", "reduced"))
    for size, values in linearised.PUBLISHED.items():
        name, points = f"n = {size}, by layer made linear", (range(1, len(values) + 1), values)
        yield _plain("B5A", name, source, points, ratios(size), RATIO)
    source = Source("exact-regressions", ("paper", "laptop"))
    for model, values in exact_regressions.PUBLISHED.items():
        read = column("dimensions", "loss_per_dimension", "state_dim", model=model, noise=0.01)
        points = (exact_regressions.PUBLISHED_DIMS, values)
        yield _loss("B5B", f"{model}, by n", source, points, read, (1 / 6, 1 / 6))


def _observations() -> Iterable[Curve]:
    """Figures 7B and 24A."""
    source = Source("partial-observation", ("paper", "reduced"))
    zero = (_positions("window of 1"), 3.087)
    for model, values in partial_observation.PUBLISHED.items():
        label, points = partial_observation.NETWORKS[model][1], (partial_observation.QUOTED, values)
        yield _loss("B7B", label, source, points, _positions(model), zero)
    layers = partial_observation.PUBLISHED_LAYERS
    read = column("layers", "error", "layer", scoring="training", t=50)
    points = (range(len(layers)), layers)
    yield _loss("B24A", "next observation, by layer", source, points, read, zero)


def _nonlinear() -> Iterable[Curve]:
    """Figure 7C; observations have length one, so that predicting zero has a loss of one half."""
    source = Source("nonlinear-dynamics", ("paper", "reduced"))
    for name, values in STORED_NONLINEAR.items():
        label = f"Proposition 2 {name}" if name.startswith("on ") else name
        read = _positions(f"{label}, one late" if label != name else name)
        yield _loss("B7C", label, source, (AT, values), read, (0.5, 0.5))


def _worlds() -> Iterable[Curve]:
    """Figures 11A and 11C, 12A and 12C."""
    source = Source("other-worlds", ("paper", "laptop"))
    figures = {other_worlds.CONTRACTING: ("B11", 3.988), other_worlds.ONE_MAP: ("B12", STORED_ZERO)}
    for world, (figure, level) in figures.items():
        zero = (_positions("predicting zero", world=world), level)
        shown = [("A", "a gradient step", STORED_STEP[f"{figure}A"], "gradient descent")]
        shown += [
            ("C", name, values, name) for name, values in other_worlds.PUBLISHED[world].items()
        ]
        shown += [("C", "Proposition 2", STORED_PROPOSITION_2[f"{figure}C"], LATE)]
        for letter, name, values, model in shown:
            read = _positions(model, world=world)
            yield _loss(figure + letter, name, source, (AT, values), read, zero)


def _prompts() -> Iterable[Curve]:
    """Figures 8A and 18A: one task in a prompt."""
    source, zero = Source("few-shot", ("paper", "reduced")), (SAME, SAME)
    ridge = "ridge, every token to the next"
    shown = {("B8A", ridge): few_shot.PUBLISHED_RIDGE}
    for figure, reader in (("B8A", "softmax"), ("B18A", "hybrid")):
        for prompt, values in few_shot.PUBLISHED[reader].items():
            shown[figure, f"{reader}, {prompt}"] = values
    for (figure, model), values in shown.items():
        read = column("losses", "loss", "pair", model=model, tasks=1)
        yield _loss(figure, model, source, (few_shot.QUOTED, values), read, zero)


def curves() -> tuple[Curve, ...]:
    """Every stored curve that is compared, by the number of its figure."""
    parts = (_linear, _raw, _stacks, _dimensions, _observations, _nonlinear, _worlds, _prompts)
    found = [curve for part in parts for curve in part()]
    return tuple(sorted(found, key=lambda one: _order(one.figure)))


def _order(figure: str) -> tuple[int, str]:
    """Figures by number, then by panel."""
    return int(figure[1:].rstrip("ABCDEF")), figure


def compare(curve: Curve) -> tuple[str, Deviation | None]:
    """The preset of the best record at which the task is the published one, and the deviation.

    Returns:
        A reason instead of the preset where there is no such record, or it has no such curve.
    """
    root = reports_directory()
    recorded = set(store.recorded(root)) if root.is_dir() else set()
    for preset in (one for one in PRESETS if one in curve.source.presets):
        if (curve.source.experiment, preset) not in recorded:
            continue
        tables = store.load(curve.source.experiment, preset, root=root).result.tables
        ours = curve.read(tables)
        found = None
        if len(ours):
            unit = curve.own_unit(tables)
            found = deviation(curve.at, curve.stored, ours, curve.stored_unit, unit)
        if found is not None:
            return preset, found
    return "not recorded", None


def stored_curves(book: Publication) -> str:
    """One row per stored curve: how far ours lies from it, and where most."""
    del book
    rows, waiting, published = [], {}, []
    for curve in curves():
        preset, found = compare(curve)
        if found is None:
            waiting.setdefault(curve.figure, []).append(curve.name)
            continue
        if preset == PRESETS[0]:
            published.append(found)
        rows.append(
            (
                f"{curve.figure[1:]}",
                curve.name,
                preset,
                f"{found.positions} of {len(curve.at)}",
                _percent(found.median),
                f"{_percent(found.largest)} at {found.where:,g}",
                curve.unit,
                f"{found.ratio:.2f}",
            )
        )
    heads = (
        *("Figure", "Curve", "Preset", "Points", "Median", "Largest, and where", "In units of"),
        "Ours over stored",
    )
    parts = [_summary(published), table(heads, rows), _waiting(waiting)]
    return "\n\n".join(part for part in parts if part)


def _summary(found: Sequence[Deviation]) -> str:
    """All curves at the published settings in one sentence."""
    if not found:
        return "No curve is recorded at the published settings."
    medians = [one.median for one in found]
    return (
        f"At the published settings {len(found)} curves are recorded. The median deviation of a "
        f"curve is at most {_percent(max(medians))} for all of them, and at most "
        f"{_percent(float(np.median(medians)))} for half of them."
    )


def _waiting(names: Mapping[str, Sequence[str]]) -> str:
    """Stored curves that nothing recorded can be held to."""
    rows = [(figure[1:], "; ".join(curves)) for figure, curves in names.items()]
    rows += [(figure[1:], escape(why)) for figure, why in WITHOUT.items()]
    heads = ("Figure", "Stored curves that nothing recorded is comparable with")
    return table(heads, sorted(rows, key=lambda row: _order(f"B{row[0]}")))


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %"
