"""The numbers that claims about language models refer to."""

import numpy as np

from incontext.experiments import tables
from incontext.experiments.language.config import Config, slug
from incontext.experiments.language.model import NEW, in_context_score
from incontext.experiments.language.panels import Measured
from incontext.networks.training import Training


def add_networks(
    config: Config, measured: list[Measured], before: np.ndarray, rows: tables.MetricRows
) -> None:
    """Perplexity and in-context score of every network, and one network beside another."""
    found: dict[str, Measured] = {}
    for training, one in zip(config.networks, measured, strict=True):
        name = slug(training)
        found[name] = one
        rows.add(f"{name}_perplexity", np.exp(_mean(one)), one.seeds)
        rows.add(f"{name}_in_context_score", in_context_score(one.surprises), one.seeds)
    for begin in dict.fromkeys(_beginning(training) for training in config.networks):
        for first, second in (
            ("linear_3", "mesa_3"),
            ("linear_0", "mesa_0"),
            ("linear_0", "linear_3"),
            ("mesa_0", "mesa_3"),
            ("mesa_3", "softmax"),
        ):
            pair = [found.get(f"{begin}_{one}") for one in (first, second)]
            if pair[0] is not None and pair[1] is not None:
                _compare(f"{begin}_{first}", second, pair[0], pair[1], before, rows)


def _beginning(training: Training) -> str:
    """The family's part of a slug, such as "shift"."""
    kinds = ("_softmax", "_linear", "_mesa")
    return next(slug(training).split(kind)[0] for kind in kinds if kind in slug(training))


def _compare(
    name: str,
    other: str,
    one: Measured,
    two: Measured,
    before: np.ndarray,
    rows: tables.MetricRows,
) -> None:
    """How much worse the first is, and what share of that is on tokens that were seen before."""
    seeds = sorted(set(one.seeds) & set(two.seeds))
    first, second = (
        m.surprises[[m.seeds.index(seed) for seed in seeds]].astype(float) for m in (one, two)
    )
    rows.add(f"{name}_over_{other}", np.exp((first - second).mean(axis=(1, 2))), seeds)
    gap = in_context_score(second) - in_context_score(first)
    rows.add(f"{name}_score_minus_{other}", -gap, seeds)
    gain = (first - second).sum(axis=(1, 2))
    on_seen = ((first - second) * (before != NEW)).sum(axis=(1, 2))
    rows.add(f"{name}_to_{other}_share_of_gain_on_seen", on_seen / gain, seeds)


def add_counts(counted: list[Measured], before: np.ndarray, rows: tables.MetricRows) -> None:
    """Perplexity and in-context score of n-grams, and the share of tokens seen before."""
    for one in counted:
        name = one.model.replace("-", "_")
        rows.add(f"{name}_perplexity", np.exp(_mean(one))[0])
        rows.add(f"{name}_in_context_score", in_context_score(one.surprises)[0])
    rows.add("share_of_tokens_seen", (before != NEW).mean())


def _mean(one: Measured) -> np.ndarray:
    return one.surprises.astype(float).mean(axis=(1, 2))
