"""The tables behind the figures."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from incontext.analysis.learners import NO_SEED
from incontext.experiments import tables
from incontext.experiments.language.model import SEEN_NAMES

STRETCHES = 32  # of a passage, that losses by position are averaged over
WORDS = ("capitalised", "other")  # kinds of tokens, see `model.capitalised`
COUNTS = "counting"  # the family of n-grams


class Measured(NamedTuple):
    """Surprise [S, P, T] of one network or n-gram, with its place in the tables."""

    family: str
    model: str
    seeds: tuple[int, ...]
    surprises: np.ndarray


def counting(model: str, surprises: np.ndarray) -> Measured:
    """An n-gram, which has no seed."""
    return Measured(COUNTS, model, (NO_SEED,), surprises[None])


def perplexities(measured: list[Measured], scores: list[np.ndarray]) -> pd.DataFrame:
    """Perplexity and in-context score of every network and seed."""
    frames = [
        pd.DataFrame(
            {
                "seed": one.seeds,
                "perplexity": np.exp(one.surprises.mean(axis=(1, 2))),
                "score": score,
            }
        ).assign(family=one.family, model=one.model)
        for one, score in zip(measured, scores, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def positions(measured: list[Measured]) -> pd.DataFrame:
    """Surprise by the number of tokens read, mean over passages and a stretch of positions."""
    length = measured[0].surprises.shape[-1]
    places = np.array_split(np.arange(length), min(STRETCHES, length))
    read = [float(one.mean() + 1) for one in places]
    frames = []
    for one in measured:
        means = np.stack([one.surprises[..., p].mean(axis=(1, 2)) for p in places], axis=1)
        table = tables.long(means, {"seed": one.seeds, "tokens_read": read}, value="surprise")
        frames.append(table.assign(family=one.family, model=one.model))
    return pd.concat(frames, ignore_index=True)


def seen(measured: list[Measured], before: np.ndarray) -> pd.DataFrame:
    """Surprise at tokens by what the passage said before them."""
    frames = []
    for one in measured:
        for number, name in enumerate(SEEN_NAMES):
            chosen = before == number
            table = pd.DataFrame(
                {"seed": one.seeds, "surprise": one.surprises[:, chosen].mean(axis=1)}
            )
            frames.append(
                table.assign(
                    family=one.family, model=one.model, seen=name, tokens=int(chosen.sum())
                )
            )
    return pd.concat(frames, ignore_index=True)


def names(measured: list[Measured], before: np.ndarray, capitals: np.ndarray) -> pd.DataFrame:
    """Surprise at capitalised tokens and at others, by what the passage said before them."""
    frames = []
    for one in measured:
        for word, wanted in zip(WORDS, (True, False), strict=True):
            for number, name in enumerate(SEEN_NAMES):
                chosen = (before == number) & (capitals == wanted)
                if not chosen.any():
                    continue
                means = one.surprises[:, chosen].mean(axis=1)
                frames.append(
                    pd.DataFrame({"seed": one.seeds, "surprise": means}).assign(
                        family=one.family,
                        model=one.model,
                        word=word,
                        seen=name,
                        tokens=int(chosen.sum()),
                    )
                )
    return pd.concat(frames, ignore_index=True)


def passage(measured: list[Measured], tokens: np.ndarray, row: int) -> pd.DataFrame:
    """Surprise of the first seed at every token of one passage but the first."""
    frames = [
        pd.DataFrame(
            {
                "position": np.arange(1, len(tokens[row])),
                "token": tokens[row, 1:],
                "surprise": one.surprises[0, row],
            }
        ).assign(family=one.family, model=one.model, seed=one.seeds[0])
        for one in measured
    ]
    return pd.concat(frames, ignore_index=True)
