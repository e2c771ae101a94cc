"""Surprise at every token of held-out passages, and what the passage said before it.

Shapes: S seeds, P passages, T positions, T + 1 tokens of a passage.
"""

import jax
import numpy as np
from jax import Array
from jaxtyping import Bool, Float, Int, PyTree

from incontext.baselines import ngram
from incontext.networks.network import Networks
from incontext.tasks.text import Addresses, decode
from incontext.tasks.types import Passage
from incontext.training.loop import take_seed

BATCH = 8  # passages that are read side by side
NEW, SEEN, REPEATED = range(3)
SEEN_NAMES = ("new in the passage", "seen before", "seen before, after the same token")
NGRAMS = {"bigram": 2, "5-gram": 5}


def surprises(networks: Networks, passages: np.ndarray) -> Float[np.ndarray, "S P T"]:
    """Surprise of every seed's network at every token but the first, in nats."""
    made = networks.training.function()

    @jax.jit
    def one(params: PyTree, tokens: Array) -> Array:
        passage = Passage(tokens)
        return made.errors(made.predict(params, passage), passage.targets)

    padded = np.resize(passages, (-(-len(passages) // BATCH) * BATCH, passages.shape[1]))
    found = [
        np.concatenate(
            [
                np.asarray(one(take_seed(networks.params, index), batch))
                for batch in padded.reshape(-1, BATCH, padded.shape[1])
            ]
        )[: len(passages)]
        for index in range(len(networks.seeds))
    ]
    return np.stack(found)


def counted(task: Addresses, passages: np.ndarray) -> dict[str, Float[np.ndarray, "P T"]]:
    """Surprise of n-grams that were counted in the training part, by name."""
    texts = task.texts()
    models = {name: ngram.fit(texts, task.num_tokens, order) for name, order in NGRAMS.items()}
    return {name: ngram.losses(model, passages) for name, model in models.items()}


def seen_before(passages: np.ndarray) -> Int[np.ndarray, "P T"]:
    """Of every token but the first: NEW in its passage, SEEN, or REPEATED after its predecessor.

    REPEATED: the two tokens t - 1 and t stood next to each other earlier in the passage.
    """
    found = np.full(passages[:, 1:].shape, NEW)
    for row, passage in enumerate(passages):
        singles, pairs = {passage[0]}, set()
        for t in range(1, len(passage)):
            pair = (passage[t - 1], passage[t])
            if pair in pairs:
                found[row, t - 1] = REPEATED
            elif passage[t] in singles:
                found[row, t - 1] = SEEN
            singles.add(passage[t])
            pairs.add(pair)
    return found


def capitalised(passages: np.ndarray) -> Bool[np.ndarray, "P T"]:
    """Of every token but the first, whether a capital begins it that no sentence asks for.

    Mostly names and titles: a space and a capital, after a token that ends no sentence.
    """
    texts = written(np.arange(Addresses().num_tokens))
    begins = np.array([one[:1] == " " and one[1:2].isupper() for one in texts])
    ends = np.array(["\n" in one or one.rstrip()[-1:] in tuple('.?!:;"') for one in texts])
    return begins[passages[:, 1:]] & ~ends[passages[:, :-1]]


def written(tokens: Int[np.ndarray, " T"]) -> list[str]:
    """What every token reads."""
    return decode(Addresses().corpus, tokens)


def in_context_score(losses: Float[np.ndarray, "*S P T"]) -> Float[np.ndarray, "*S"]:
    """Surprise late in the passage minus early: the second half minus T/32 to T/8.

    Published is L_512 - L_64 at single positions of 1,024; with few passages a mean over a
    stretch around the same shares of the length is steadier.
    """
    length = losses.shape[-1]
    late = losses[..., length // 2 :].mean(axis=(-2, -1))
    return late - losses[..., length // 32 : length // 8].mean(axis=(-2, -1))
