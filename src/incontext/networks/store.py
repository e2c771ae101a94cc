"""Where trained networks lie: <root>/<name>-<digest>/seed-<n>.safetensors.

A file is written at once or not at all and never changed.  Its header holds

    training, seed        what was trained, as JSON, without the training's name
    steps                 at which the loss was taken
    source                hash of the source that decides the numbers, file by file
    numerics, versions    JAX's switches; Python and packages
    device, cpu           what it ran on
    git, finished         commit of the checkout; time of day in UTC
    seconds               that the training took
    imported              of which earlier record it is a part, where it is
    checksum              over arrays and header

Beside it may lie seed-<n>.unfinished, a training that goes on from there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from incontext import provenance
from incontext.networks import files
from incontext.networks.files import FileError
from incontext.networks.network import Networks, TrainedNetwork, stack
from incontext.networks.numerics import numerics
from incontext.networks.training import Training
from incontext.provenance import hash_json
from incontext.provenance.source import sources
from incontext.training.loop import Saved

LARGEST = 2_000_000  # bytes of one file
MODULES = (
    "incontext.networks.learnables",
    "incontext.networks.training",
    "incontext.training.loop",
)


class Store:
    """The trained networks under one directory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, training: Training, seed: int) -> Path:
        """File of one trained network, whether it is there or not."""
        return self.root / training.folder / f"seed-{seed}.safetensors"

    def unfinished_path(self, training: Training, seed: int) -> Path:
        """File of one training that has not ended."""
        return self.root / training.folder / f"seed-{seed}.unfinished"

    def seeds(self, training: Training) -> tuple[int, ...]:
        """Seeds with which a training is recorded, sorted."""
        found = (self.root / training.folder).glob("seed-*.safetensors")
        numbers = [path.stem.removeprefix("seed-") for path in found]
        return tuple(sorted(int(number) for number in numbers if number.isdigit()))

    def read(self, training: Training, seed: int) -> TrainedNetwork:
        """One trained network, with everything about it that can be checked at once checked.

        Raises:
            FileError: if the file is not there, was changed, or is of another training or seed.
        """
        path = self.path(training, seed)
        arrays, header = files.read(path)
        _check_name(path, header, training, seed)
        if "losses" not in arrays or np.shape(header.get("steps", [])) != arrays["losses"].shape:
            raise FileError(f"{path}: it has no loss for each of its steps; restore it from Git.")
        steps = {int(name.split("/")[1]) for name in arrays if name.startswith("kept/")}
        return TrainedNetwork(
            training,
            seed,
            jax.tree.map(jnp.asarray, files.unflatten("final", arrays)),
            np.asarray(header["steps"]),
            arrays["losses"],
            {step: files.unflatten(f"kept/{step}", arrays) for step in sorted(steps)},
            header,
        )

    def checksum(self, training: Training, seed: int) -> str:
        """Checksum in the header of one trained network.

        Raises:
            FileError: if the file cannot be read.
        """
        return str(files.read_header(self.path(training, seed))["checksum"])

    def networks(self, training: Training, seeds: tuple[int, ...] | None = None) -> Networks:
        """Networks of these seeds, or of all that are recorded, side by side.

        Raises:
            Refusal: if there is none, or one of them is not what was written.
        """
        chosen = self.seeds(training) if seeds is None else seeds
        return stack(training, [self.read(training, seed) for seed in chosen])

    def write(
        self, networks: Networks, index: int, *, seconds: float, git: dict[str, Any], **more: str
    ) -> Path:
        """Record the network of one seed and forget its unfinished training.

        Raises:
            FileError: if it is recorded already, or would be too large.
            OSError: if the disk does not take it.
        """
        training, seed = networks.training, networks.seeds[index]
        path = self.path(training, seed)
        if path.exists():
            raise FileError(f"{path}: it is recorded already, and never changed.")

        def mine(tree: dict) -> dict:
            return {
                name: mine(one) if isinstance(one, dict) else np.asarray(one)[index]
                for name, one in tree.items()
            }

        arrays = files.flatten("final", mine(networks.params))
        arrays["losses"] = networks.losses[index]
        for step, kept in networks.kept.items():
            arrays |= files.flatten(f"kept/{step}", mine(kept))
        size = sum(array.nbytes for array in arrays.values())
        if size > LARGEST:
            raise FileError(
                f"{path}: it would have {size:,} bytes, at most {LARGEST:,} are allowed; keep "
                "weights at fewer steps."
            )
        header = {"training": training.settings(), "seed": seed, **origin(training), **more}
        header |= {"steps": [int(step) for step in networks.steps], "git": git}
        header |= {"finished": provenance.now(), "seconds": round(seconds, 3)}
        files.write(path, arrays, header)
        self.unfinished_path(training, seed).unlink(missing_ok=True)
        return path

    def save_unfinished(self, training: Training, seed: int, saved: Saved, seconds: float) -> None:
        """Keep a training that has not ended, in place of an earlier state of it."""
        header = {"training": training.settings(), "seed": seed, "seconds": round(seconds, 3)}
        files.write(
            self.unfinished_path(training, seed), saved, {**header, "by": fingerprint(training)}
        )

    def read_unfinished(self, training: Training, seed: int) -> tuple[Saved, float] | None:
        """A training that has not ended and the seconds it took, or None if there is none.

        Raises:
            FileError: if the file was changed, or something else would go on with it.
        """
        path = self.unfinished_path(training, seed)
        if not path.exists():
            return None
        saved, header = files.read(path)
        _check_name(path, header, training, seed)
        if header.get("by") != fingerprint(training):
            raise FileError(
                f"{path}: it was made by another source, other versions or other switches of JAX; "
                "go on with those, or remove it to begin anew."
            )
        return saved, float(header["seconds"])

    def files(self) -> Iterator[Path]:
        """Every file of a trained network, sorted."""
        yield from sorted(self.root.glob("*/seed-*.safetensors"))


def _check_name(path: Path, header: dict[str, Any], training: Training, seed: int) -> None:
    if header["training"] != training.settings() or header["seed"] != seed:
        raise FileError(f"{path}: it is of another training or seed than its name says.")


def origin(training: Training | None = None) -> dict[str, Any]:
    """What makes numbers in this process; with a training, also the source of its kind."""
    found: dict[str, str] = {}
    for module in (*MODULES, *([] if training is None else [type(training).__module__])):
        found |= sources(module)
    return {
        "source": hash_json(found),
        "sources": found,
        "numerics": numerics(),
        "versions": provenance.versions(),
        "device": provenance.device(),
        "cpu": provenance.cpu(),
    }


def fingerprint(training: Training | None = None) -> str:
    """Hash of everything beside settings and seed that decides the numbers of a training.

    Not of the processor and the number of devices: a training may be taken up on another machine,
    where it agrees to rounding.
    """
    found = origin(training)
    kept = {name: found[name] for name in ("source", "numerics", "versions")}
    return hash_json({**kept, "platform": found["device"]["platform"]})
