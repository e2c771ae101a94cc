"""Fuzzy recall: keys and values are runs of one to three tokens, and nothing says where one ends.

Shapes: B texts, T positions, S = T + 1 tokens of a text.
"""

import dataclasses
import functools
import itertools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Bool, Int, Key

from incontext.errors import Refusal

PARTS = ("training", "test")


class FuzzyTexts(NamedTuple):
    """Texts as tokens, and which of them are values of a key that came before."""

    tokens: Int[Array, "B S"]
    recalled: Bool[Array, "B T"]

    @property
    def inputs(self) -> Int[Array, "B T"]:
        """Tokens that a model reads."""
        return self.tokens[:, :-1]

    @property
    def targets(self) -> Int[Array, "B T"]:
        """Tokens that it has to predict, each after those before it."""
        return self.tokens[:, 1:]


@dataclasses.dataclass(frozen=True)
class FuzzyRecall:
    """Keys out of the first half of a vocabulary, values out of the second, one after another.

    Within a run no token comes twice.  A key keeps its value throughout a text.  One pair is in the
    text for certain and comes again at its end; shorter texts are padded in front by the last token
    of the vocabulary.  Training draws from `num_texts` texts with keys of all lengths; the test
    part has others, with keys of `motif` tokens only.

    Raises:
        Refusal: if a size is too small, or there is no such part.

    Source: MAD (arXiv 2403.17844), fuzzy in-context recall, with several queries; its code has the
    sizes that stand here.
    """

    num_tokens: int = 16
    length: int = 128
    motif: int = 3
    num_texts: int = 12_800
    num_tests: int = 1_280
    part: str = "training"

    def __post_init__(self) -> None:
        if self.part not in PARTS:
            raise Refusal(f"part is {self.part!r}; choose from {', '.join(PARTS)}.")
        if self.motif < 1 or (self.num_tokens - 1) // 2 < self.motif:
            raise Refusal(f"motif is {self.motif}; runs of it need more than {self.num_tokens}.")
        if self.length < 6 * self.motif:
            raise Refusal(f"length is {self.length}; it must be at least {6 * self.motif}.")
        for name in ("num_texts", "num_tests"):
            if getattr(self, name) < 1:
                raise Refusal(f"{name} is {getattr(self, name)}; it must be at least 1.")

    @property
    def held_out(self) -> "FuzzyRecall":
        """The test part."""
        return dataclasses.replace(self, part="test")

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> FuzzyTexts:
        """Draw `batch_size` texts of this part; some may be drawn twice."""
        tokens, recalled = _written(self)
        rows = jax.random.randint(key, (batch_size,), 0, len(tokens))
        return FuzzyTexts(jnp.asarray(tokens)[rows], jnp.asarray(recalled)[rows])


@functools.cache
def _written(task: FuzzyRecall) -> tuple[np.ndarray, np.ndarray]:
    """All texts of a part, drawn once: tokens [B, S], recalled [B, T]."""
    test = task.part == "test"
    rng = np.random.default_rng([task.num_tokens, task.length, task.motif, int(test)])
    half = (task.num_tokens - 1) // 2
    sizes = range(1, task.motif + 1)
    keys = {n: list(itertools.permutations(range(half), n)) for n in sizes}
    words = range(half, task.num_tokens - 1)
    values = {n: list(itertools.permutations(words, n)) for n in sizes}
    texts = [
        _text(task, keys if not test else {task.motif: keys[task.motif]}, values, rng)
        for _ in range(task.num_tests if test else task.num_texts)
    ]
    tokens, recalled = (np.array(one) for one in zip(*texts, strict=True))
    return tokens.astype(np.int32), recalled[:, 1:].astype(bool)


def _text(
    task: FuzzyRecall,
    keys: dict[int, list[tuple[int, ...]]],
    values: dict[int, list[tuple[int, ...]]],
    rng: np.random.Generator,
) -> tuple[list[int], list[bool]]:
    """Tokens [S] of one text, and which are values of a key that came before."""

    def draw(runs: dict[int, list[tuple[int, ...]]]) -> tuple[int, ...]:
        sized = runs[list(runs)[rng.integers(len(runs))]]
        return sized[rng.integers(len(sized))]

    bound: dict[tuple[int, ...], tuple[int, ...]] = {}
    last = draw(keys)
    asked = draw(values)
    room = task.length - len(last) - len(asked)
    place = rng.integers(room - 2 * task.motif)  # from where on the last pair is shown
    tokens: list[int] = []
    recalled: list[bool] = []
    shown = False
    while len(tokens) < room - 2 * task.motif:
        ends = len(tokens) + 4 * task.motif >= room  # the next pair may be the last one
        key = last if not shown and (ends or len(tokens) >= place) else draw(keys)
        again = key in bound
        value = asked if key == last else bound.get(key) or draw(values)
        shown = shown or key == last
        bound[key] = value
        tokens += [*key, *value]
        recalled += [False] * len(key) + [again] * len(value)
    tokens += [*last, *asked]
    recalled += [False] * len(last) + [True] * len(asked)
    pad = task.length + 1 - len(tokens)
    return [task.num_tokens - 1] * pad + tokens, [False] * pad + recalled
