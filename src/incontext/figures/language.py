"""Language models at the scale of a desk, from a language result."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from incontext.experiments.language.model import SEEN_NAMES, written
from incontext.figures.parts import draw_shared_legend
from incontext.figures.style import COLOURS, DASHES, MARKERS, WIDTH, ink, letter
from incontext.records.types import Result

# Read off Figures 26 and 27 at about 50 billion tokens of the Pile: perplexity, in-context score.
PUBLISHED = {
    "one layer, keys shifted": {
        "softmax": (39, -0.265),
        "linear, ν = 0": (48.5, None),
        "linear, ν = 3": (45, -0.16),
        "mesa, ν = 0": (42.5, None),
        "mesa, ν = 3": (39, -0.29),
    },
    "2 layers": {
        "softmax": (28.4, -0.34),
        "linear, ν = 3": (33, -0.27),
        "mesa, ν = 3": (29.7, -0.34),
    },
    "4 layers, MLPs": {
        "softmax": (16.0, -0.345),
        "linear, ν = 3": (18.0, -0.305),
        "mesa, ν = 3": (17.1, -0.33),
    },
}
LOOKS = {"softmax": "softmax", "linear": "trained", "mesa": "mesa"}
COUNTED = {"bigram": (0, (1, 2.5)), "5-gram": (0, (5, 1.5))}
ROW_WIDTH = 84  # characters of the passage side by side
MOST_TOKENS = 160  # of the passage


def perplexities(result: Result) -> Figure:
    """Figures 26 and 27: perplexity and in-context score, here and published."""
    table = result.tables["perplexities"]
    families = _families(table)
    figure, panels = plt.subplots(2, 2, figsize=(WIDTH, 5.6))
    for row, column in zip(panels, ("perplexity", "score"), strict=True):
        for place, name in enumerate(families):
            part = table[table["family"] == name]
            for offset, (model, one) in zip(
                _offsets(part["model"].nunique()), part.groupby("model", sort=False), strict=True
            ):
                where = np.full(len(one), place + offset)
                row[0].plot(
                    where, one[column], label=model, **(_look(str(model)) | {"linestyle": "none"})
                )
                number = PUBLISHED.get(name, {}).get(str(model), (None, None))[column == "score"]
                if number is not None:
                    row[1].plot(
                        [place + offset], [number], **(_look(str(model)) | {"linestyle": "none"})
                    )
        for panel in row:
            panel.set_xticks(range(len(families)), [_broken(one) for one in families])
            panel.set_xlim(-0.5, len(families) - 0.5)
    _draw_counts(panels[0, 0], table, "perplexity")
    letter(panels[0, 0], "a  perplexity, here")
    letter(panels[0, 1], "b  perplexity, published")
    letter(panels[1, 0], "c  in-context score, here")
    letter(panels[1, 1], "d  in-context score, published")
    panels[0, 0].set_ylabel("perplexity of a token")
    panels[1, 0].set_ylabel("late minus early, nats")
    draw_shared_legend(figure, [panels[0, 0]])
    return figure


def positions(result: Result) -> Figure:
    """Surprise by the number of tokens read, a panel per family."""
    table = result.tables["positions"]
    families = _families(table)
    figure, panels = plt.subplots(
        1, len(families), figsize=(WIDTH, 3.6), sharey=True, squeeze=False
    )
    for panel, name in zip(panels[0], families, strict=True):
        for model, one in table[table["family"] == name].groupby("model", sort=False):
            look = _look(str(model)) | {"marker": ""}
            label = str(model)
            for _, seed in one.groupby("seed"):
                panel.plot(seed["tokens_read"], seed["surprise"], label=label, **look)
                label = "_"
        for model, dash in COUNTED.items():
            one = table[table["model"] == model]
            panel.plot(one["tokens_read"], one["surprise"], color=ink(), ls=dash, lw=1, label=model)
        panel.set_xscale("log")
        panel.set_xlabel("tokens read")
        letter(panel, name)
    panels[0, 0].set_ylabel("surprise at the next token, nats")
    draw_shared_legend(figure, panels[0])
    return figure


def seen(result: Result) -> Figure:
    """What is gained over a bigram, by what the passage said before the token."""
    table = result.tables["seen"]
    families = _families(table)
    bigram = table[table["model"] == "bigram"].set_index("seen")["surprise"]
    figure, panels = plt.subplots(
        1, len(families), figsize=(WIDTH, 3.8), sharey=True, squeeze=False
    )
    for panel, name in zip(panels[0], families, strict=True):
        part = table[table["family"] == name]
        for offset, (model, one) in zip(
            _offsets(part["model"].nunique()), part.groupby("model", sort=False), strict=True
        ):
            places = one["seen"].map(SEEN_NAMES.index) + offset
            gains = one["seen"].map(bigram) - one["surprise"]
            panel.plot(places, gains, label=model, **(_look(str(model)) | {"linestyle": "none"}))
        panel.axhline(0.0, color=ink(), lw=0.8)
        panel.set_xticks(range(3), ["new", "seen", "seen after\nsame token"], fontsize="x-small")
        letter(panel, name)
    panels[0, 0].set_ylabel("gain over a bigram, nats a token")
    draw_shared_legend(figure, panels[0])
    return figure


def passage(result: Result) -> Figure:
    """A held-out passage; colour says which of two networks expected a token more."""
    found = differences(result).head(MOST_TOKENS)
    rows, columns = _typeset(found["text"])
    height = 0.21 * (rows.max() + 1) + 0.7
    figure, axes = plt.subplots(figsize=(WIDTH, height))
    for (_, one), row, column in zip(found.iterrows(), rows, columns, strict=True):
        colour = COLOURS["mesa" if one["difference"] > 0 else "trained"]
        strength = min(abs(one["difference"]) / 3.0, 1.0) * 0.75
        shown = str(one["text"]).replace("\n", " ").replace("$", r"\$")
        axes.barh(
            row, len(one["text"]), left=column, height=0.86, color=colour, alpha=strength, lw=0
        )
        axes.text(column, row, shown, family="monospace", fontsize=5.6, va="center")
    axes.set(xlim=(0, ROW_WIDTH), ylim=(rows.max() + 0.6, -0.6))
    axes.axis("off")
    for look, name in (("mesa", "mesa expected it more"), ("trained", "linear expected it more")):
        axes.barh([0], [0], color=COLOURS[look], alpha=0.75, label=name)
    draw_shared_legend(figure, [axes])
    return figure


def differences(result: Result) -> pd.DataFrame:
    """Tokens of the passage with linear's surprise minus mesa's: position, text, difference.

    Of the first family that has both, with the same features.
    """
    found = surprises(result, "mesa", "linear")
    return found.assign(difference=found["linear"] - found["mesa"])


def surprises(result: Result, one: str, other: str, family: str | None = None) -> pd.DataFrame:
    """Tokens of the passage as two kinds of attention read them, those with most features.

    family: that of the networks; None for the first that has both.
    Columns position, token, text, family, whether it came before in the table, and a surprise a
    kind.

    Raises:
        KeyError: if no family has both.
    """
    table = result.tables["passage"]
    kinds = table["model"].str.split(",").str[0]
    for name in _families(table) if family is None else [family]:
        mine = table["family"] == name
        if {one, other} <= set(kinds[mine]):
            break
    else:
        raise KeyError(f"no family has both {one} and {other}")
    parts = {}
    for kind in (one, other):
        rows = table[mine & (kinds == kind)]
        best = max(rows["model"].unique(), key=_features)
        parts[kind] = rows[rows["model"] == best].set_index(["position", "token"])["surprise"]
    found = pd.DataFrame(parts).reset_index()
    return found.assign(
        text=written(found["token"].to_numpy()),
        family=name,
        seen=found["token"].duplicated().to_numpy(),
    )


def _features(model: str) -> int:
    """The order of a model's features, as its title has it."""
    return int(model.rpartition("ν = ")[2]) if "ν" in model else 0


def _typeset(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of every token, in lines of at most ROW_WIDTH characters."""
    rows, columns, row, column = [], [], 0, 0
    for text in texts:
        if column + len(text) > ROW_WIDTH:
            row, column = row + 1, 0
        rows.append(row)
        columns.append(column)
        column += len(text)
    return np.array(rows), np.array(columns)


def _families(table: pd.DataFrame) -> list[str]:
    """Families of networks, in the order of the table."""
    return [one for one in table["family"].unique() if one != "counting"]


def _offsets(count: int) -> np.ndarray:
    return np.linspace(-0.3, 0.3, count) if count > 1 else np.zeros(1)


def _look(model: str) -> dict[str, object]:
    look = LOOKS[model.split(",")[0]]
    faint = model.endswith("ν = 0")
    dash = DASHES["closed form"] if faint else DASHES[look]
    return {
        "color": COLOURS[look],
        "marker": MARKERS[look],
        "linestyle": dash,
        "alpha": 0.5 if faint else 0.9,
    }


def _broken(name: str) -> str:
    return name.replace(", ", ",\n")


def _draw_counts(axes: Axes, table: pd.DataFrame, column: str) -> None:
    for model, dash in COUNTED.items():
        height = float(table.loc[table["model"] == model, column].iloc[0])
        axes.axhline(height, color=ink(), ls=dash, lw=1, label=model)
