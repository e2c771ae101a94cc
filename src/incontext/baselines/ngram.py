"""Interpolated Kneser-Ney n-grams, the bigram among them, by counting.

Shapes: G different n-grams, P passages, S = T + 1 tokens of one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from incontext.errors import Refusal


class Counts(NamedTuple):
    """The n-grams of one order, sorted, as numbers in base V, and what leads to them.

    counts: how often each occurs; below the highest order, after how many different tokens.
    totals, kinds: of every history, the sum of its counts, and the number of its continuations.
    """

    order: int
    grams: Int[np.ndarray, " G"]
    counts: Int[np.ndarray, " G"]
    histories: Int[np.ndarray, " H"]
    totals: Int[np.ndarray, " H"]
    kinds: Int[np.ndarray, " H"]
    discount: float


class KneserNey(NamedTuple):
    """Counts of all orders from 1 on, and the size V of the vocabulary."""

    orders: tuple[Counts, ...]
    num_tokens: int


def fit(texts: Sequence[np.ndarray], num_tokens: int, order: int) -> KneserNey:
    """Count the n-grams of texts, up to an order; none reaches across two texts.

    Raises:
        Refusal: if the order is not positive, or n-grams of it do not fit 64 bits.

    Source: Kneser and Ney (1995), interpolated as by Chen and Goodman (1999), with one discount
    n_1 / (n_1 + 2 n_2) per order, n_i the number of n-grams that are counted i times; 1/2 without
    any that is counted once.
    """
    if order < 1 or float(num_tokens) ** order > 2.0**62:
        raise Refusal(f"order is {order}; it must be at least 1, and V^order at most 2^62.")
    found = []
    grams, counts = np.unique(_grams(texts, num_tokens, order), return_counts=True)
    for size in range(order, 0, -1):
        found.append(_counts(size, grams, counts, num_tokens))
        grams, counts = np.unique(grams % num_tokens ** (size - 1), return_counts=True)
    return KneserNey(tuple(reversed(found)), num_tokens)


def losses(model: KneserNey, passages: Int[np.ndarray, "P S"]) -> Float[np.ndarray, "P T"]:
    """Surprise at every token but the first, in nats, from the tokens before it in its passage.

    p_n(w | h) = max(c(h w) - d, 0) / c(h) + d k(h) / c(h) p_{n-1}(w | h'),
    with k(h) continuations of a history and h' the history without its first token; p_0 = 1 / V.
    Near the start of a passage, where the history is shorter, the lower order speaks.
    """
    passages = np.asarray(passages, np.int64)
    chances = np.full(passages[:, 1:].shape, 1.0 / model.num_tokens)
    for one in model.orders:
        first = max(one.order - 1, 1)  # column of the first token that has such a history
        columns = np.arange(first, passages.shape[1])
        grams = np.zeros((len(passages), len(columns)), np.int64)
        for back in range(one.order - 1, -1, -1):
            grams = grams * model.num_tokens + passages[:, columns - back]
        chances[:, first - 1 :] = _chance(one, grams, chances[:, first - 1 :], model.num_tokens)
    return -np.log(chances)


def _grams(texts: Sequence[np.ndarray], num_tokens: int, order: int) -> np.ndarray:
    found = []
    for text in texts:
        wide = np.asarray(text, np.int64)
        grams = np.zeros(max(len(wide) - order + 1, 0), np.int64)
        for place in range(order):
            grams = grams * num_tokens + wide[place : place + len(grams)]
        found.append(grams)
    return np.concatenate(found)


def _counts(order: int, grams: np.ndarray, counts: np.ndarray, num_tokens: int) -> Counts:
    histories, starts = np.unique(grams // num_tokens, return_index=True)
    kinds = np.diff(np.append(starts, len(grams)))
    once, twice = (np.sum(counts == number) for number in (1, 2))
    discount = float(once / (once + 2 * twice)) if once else 0.5
    return Counts(order, grams, counts, histories, np.add.reduceat(counts, starts), kinds, discount)


def _chance(one: Counts, grams: np.ndarray, lower: np.ndarray, num_tokens: int) -> np.ndarray:
    counts = _look_up(one.grams, one.counts, grams)
    totals = _look_up(one.histories, one.totals, grams // num_tokens)
    kinds = _look_up(one.histories, one.kinds, grams // num_tokens)
    share = np.maximum(counts - one.discount, 0) + one.discount * kinds * lower
    return np.where(totals > 0, share / np.maximum(totals, 1), lower)


def _look_up(names: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    places = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
    return np.where(names[places] == wanted, values[places], 0)
