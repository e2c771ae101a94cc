"""The tables behind the figures: every memory on the same draws, in float64."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Key

from incontext.experiments.memories import model
from incontext.experiments.memories.config import Config
from incontext.experiments.memories.model import MEMORIES, Question
from incontext.tasks.fixed import evaluation_key

Row = dict[str, Any]


def recall(config: Config) -> pd.DataFrame:
    """Share of pairs that are recalled, by their number and the correlation of keys."""
    rows = []
    for number, (correlation, load) in enumerate(_points(config)):
        question = model.recall(
            _shape(config), load, correlation, 0.0, key=_key(config, 100 + number)
        )
        rows += _shares(config, question, {"correlation": correlation, "pairs": load})
    return pd.DataFrame(rows)


def noise(config: Config) -> pd.DataFrame:
    """Share of pairs that are recalled from noisy queries; independent keys."""
    rows = []
    for number, size in enumerate(config.noises):
        key = _key(config, 300 + number)
        question = model.recall(_shape(config), config.noisy_load, 0.0, size, key=key)
        rows += _shares(config, question, {"noise": size})
    return pd.DataFrame(rows)


def rebound(config: Config) -> pd.DataFrame:
    """Share of keys bound twice that lead to their second value."""
    question = model.rebound(_shape(config), config.rebound, key=_key(config, 400))
    return pd.DataFrame(_shares(config, question, {"pairs": 2 * config.rebound}))


def new_query(config: Config) -> pd.DataFrame:
    """Error on keys that were not written, if values are a linear map of keys."""
    rows = []
    for number, (correlation, load) in enumerate(_points(config)):
        key = _key(config, 200 + number)
        question = model.new_query(_shape(config), load, correlation, key=key)
        truths, tuning = np.asarray(question.truths), config.tuning_draws
        for name in MEMORIES:
            found = model.answers(name, question)
            best = _best(-model.scaled_error(found[:, :tuning], truths[:tuning]))
            error = model.scaled_error(found[:, tuning:], truths[tuning:])[best]
            point = {"correlation": correlation, "pairs": load}
            rows.append(_row(name, best) | point | {"error": float(error)})
    return pd.DataFrame(rows)


def _points(config: Config) -> list[tuple[float, int]]:
    return [(correlation, load) for correlation in config.correlations for load in config.loads]


def _shape(config: Config) -> tuple[int, int, int]:
    """The draws on which settings are chosen come first."""
    return config.tuning_draws + config.num_draws, config.room, config.key_dim


def _key(config: Config, number: int) -> Key[Array, ""]:
    return jax.random.fold_in(jax.random.fold_in(evaluation_key(500), config.seed), number)


def _shares(config: Config, question: Question, point: Mapping[str, float | int]) -> list[Row]:
    rows = []
    for name in MEMORIES:
        shares = model.looked_up(model.answers(name, question), question)
        best = _best(np.mean(shares[:, : config.tuning_draws], axis=1))
        mine = shares[best, config.tuning_draws :]
        spread = np.std(mine, ddof=1) / np.sqrt(len(mine))
        found = {"recall": float(np.mean(mine)), "standard_error": float(spread)}
        rows.append(_row(name, best) | dict(point) | found)
    return rows


def _best(scores: np.ndarray) -> int:
    """The last setting, the largest, among those with the highest score."""
    return len(scores) - 1 - int(np.argmax(scores[::-1]))


def _row(name: str, best: int) -> Row:
    setting, gate = MEMORIES[name].settings[best]
    return {"model": name, "setting": setting, "gate": gate}
