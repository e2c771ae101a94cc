"""Passages of text as tokens: a corpus that comes with the project, cut by whole addresses.

Shapes: B passages, T positions, S = T + 1 tokens of a passage, P passages in a row.
"""

import dataclasses
import functools
import hashlib
import json
import lzma
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, Integer, Key

from incontext.errors import Refusal
from incontext.paths import corpora_directory
from incontext.tasks.types import Passage

CHECKSUMS = {  # SHA-256 of the tokens and of their vocabulary, as workflow/make_corpus.py says
    "sotu-2048": (
        "9df151a20b0a8c10ccfdaf89bd19325c0a32e095f9cebef19bef6db7e5f74e6b",
        "edae5ec25c1bbcdfe6efffce58abb3c95994a349ce13e408c329e34be785dc33",
    )
}
PARTS = ("training", "held out")


class Corpus(NamedTuple):
    """Whole addresses as tokens, and the bytes that every token stands for."""

    addresses: tuple[np.ndarray, ...]
    years: tuple[int, ...]
    held_out: tuple[bool, ...]
    vocabulary: tuple[bytes, ...]

    def part(self, name: str) -> list[np.ndarray]:
        """The addresses of a part, in order of time."""
        chosen = zip(self.addresses, self.held_out, strict=True)
        return [one for one, is_held_out in chosen if is_held_out == (name == "held out")]


@functools.cache
def corpus(name: str) -> Corpus:
    """The corpus of that name, read once.

    Raises:
        Refusal: if there is none, or a file is not the one that its checksum says.
    """
    if name not in CHECKSUMS:
        raise Refusal(f"corpus is {name!r}; choose from {', '.join(CHECKSUMS)}.")
    contents = []
    for suffix, expected in zip((".xz", ".json"), CHECKSUMS[name], strict=True):
        path = corpora_directory() / f"{name}{suffix}"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != expected:
            raise Refusal(f"{path}: it is missing or was changed; restore it from Git.")
        contents.append(content)
    about = json.loads(contents[1])
    tokens = np.frombuffer(lzma.decompress(contents[0]), "<u2")
    ends = np.cumsum([one["length"] for one in about["addresses"]])
    return Corpus(
        tuple(np.split(tokens, ends[:-1])),
        tuple(one["year"] for one in about["addresses"]),
        tuple(one["held_out"] for one in about["addresses"]),
        tuple(bytes.fromhex(one) for one in about["vocabulary"]),
    )


@dataclasses.dataclass(frozen=True)
class Addresses:
    """Passages of State of the Union addresses; whole addresses are kept from training.

    length: positions T of a passage; it may begin anywhere in an address that holds all of it.

    Raises:
        Refusal: if there is no such corpus or part, or a passage is longer than an address.
    """

    length: int = 256
    corpus: str = "sotu-2048"
    part: str = "training"

    def __post_init__(self) -> None:
        if self.corpus not in CHECKSUMS:
            raise Refusal(f"corpus is {self.corpus!r}; choose from {', '.join(CHECKSUMS)}.")
        if self.part not in PARTS:
            raise Refusal(f"part is {self.part!r}; choose from {', '.join(PARTS)}.")
        if not 1 <= self.length <= 1024:
            raise Refusal(f"length is {self.length}; it must lie between 1 and 1024.")

    @property
    def held_out(self) -> "Addresses":
        """The same passages from the addresses that are kept from training."""
        return dataclasses.replace(self, part="held out")

    @property
    def num_tokens(self) -> int:
        """Size of the vocabulary."""
        return len(corpus(self.corpus).vocabulary)

    def texts(self) -> list[np.ndarray]:
        """Whole addresses of this part as tokens."""
        return corpus(self.corpus).part(self.part)

    def sample(self, batch_size: int, *, key: Key[Array, ""]) -> Passage:
        """Draw `batch_size` passages; every place that a passage may begin at is as likely."""
        texts = self.texts()
        lengths = np.array([len(one) for one in texts])
        ends = np.cumsum(lengths - self.length)  # of the places, address by address
        place = jax.random.randint(key, (batch_size,), 0, int(ends[-1]))
        address = jnp.searchsorted(jnp.asarray(ends), place, side="right")
        start = place + self.length * address  # every address before has T places less than tokens
        tokens = jnp.asarray(np.concatenate(texts))
        found = tokens[start[:, None] + jnp.arange(self.length + 1)[None]]
        return Passage(found.astype(jnp.int32))

    def in_a_row(self, count: int | None = None) -> Int[np.ndarray, "P S"]:
        """Passages one after another, so that every token is predicted at most once.

        What is left at the end of an address is left out.  count: so many of them, evenly
        spread over the part; None for all.
        """
        found = np.stack(
            [
                text[start : start + self.length + 1]
                for text in self.texts()
                for start in range(0, len(text) - self.length, self.length)
            ]
        ).astype(np.int32)
        if count is None or count >= len(found):
            return found
        return found[np.arange(count) * len(found) // count]


def decode(name: str, tokens: Integer[np.ndarray, " T"]) -> list[str]:
    """What every token of a corpus reads; bytes that are no text of their own show as a mark."""
    vocabulary = corpus(name).vocabulary
    return [vocabulary[int(one)].decode("utf-8", "replace") for one in tokens]
