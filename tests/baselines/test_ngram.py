"""Kneser-Ney n-grams against counting with dictionaries, one conditional at a time."""

import math
from collections import Counter

import numpy as np
import pytest

from incontext.baselines import ngram
from incontext.errors import Refusal

TOKENS = 5
TEXTS = [np.random.default_rng(seed).choice(TOKENS, 40, p=[0.4, 0.3, 0.2, 0.1, 0.0])
         for seed in (1, 2, 3)]  # fmt: skip


def slow_counts(order, highest):
    """Counts of n-grams: how often they occur, or after how many tokens below the highest order."""
    sizes = order if order == highest else order + 1
    seen = Counter(tuple(t[i : i + sizes]) for t in TEXTS for i in range(len(t) - sizes + 1))
    return seen if order == highest else Counter(gram[1:] for gram in _kinds(highest, sizes))


def _kinds(highest, size):
    """Different n-grams of a size that some n-gram of the highest order ends with."""
    whole = {tuple(t[i : i + highest]) for t in TEXTS for i in range(len(t) - highest + 1)}
    return {gram[highest - size :] for gram in whole}


def slow_chance(word, history, highest):
    order = len(history) + 1
    counts = slow_counts(order, highest)
    once, twice = (sum(c == n for c in counts.values()) for n in (1, 2))
    discount = once / (once + 2 * twice) if once else 0.5
    lower = slow_chance(word, history[1:], highest) if history else 1 / TOKENS
    after = {gram: c for gram, c in counts.items() if gram[:-1] == history}
    total = sum(after.values())
    if not total:
        return lower
    own = max(after.get((*history, word), 0) - discount, 0)
    return (own + discount * len(after) * lower) / total


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_chances_are_those_of_dictionaries_and_add_up_to_one(order):
    model = ngram.fit(TEXTS, TOKENS, order)
    passages = np.random.default_rng(7).choice(TOKENS, (4, 9))
    found = np.exp(-ngram.losses(model, passages))
    for row, passage in enumerate(passages):
        for t in range(1, len(passage)):
            history = tuple(passage[max(0, t - order + 1) : t]) if order > 1 else ()
            expected = slow_chance(passage[t], history, order)
            assert found[row, t - 1] == pytest.approx(expected, rel=1e-12)
    every = np.array([[*passages[0][:-1], word] for word in range(TOKENS)])
    assert np.exp(-ngram.losses(model, every))[:, -1].sum() == pytest.approx(1.0)


def test_a_longer_history_helps_where_the_text_repeats_itself():
    text = np.tile([0, 1, 2, 1, 3, 1], 30)
    bigram, trigram = (ngram.losses(ngram.fit([text], 4, n), text[None, :20]) for n in (2, 3))
    assert trigram[:, 3:].mean() < 0.3 * bigram[:, 3:].mean()
    assert math.isfinite(bigram.max())


@pytest.mark.parametrize("order", [0, 60])
def test_an_impossible_order_is_refused(order):
    with pytest.raises(Refusal, match="order is"):
        ngram.fit(TEXTS, TOKENS, order)
