"""Unfinished training on disk: written whole or not at all, never unpickled."""

import dataclasses
import os
import pathlib
import tempfile
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import safetensors
import safetensors.numpy


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be used."""


class Saved(NamedTuple):
    """Named arrays, each with a leading axis of these seeds, and the step they belong to."""

    arrays: dict[str, np.ndarray]
    seeds: tuple[int, ...]
    step: int


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """One file holding the state of a training.

    parts: files of the same training in blocks of its seeds, read where there is no whole one.
    """

    path: pathlib.Path
    fingerprint: str
    parts: tuple[pathlib.Path, ...] = ()

    def save(self, arrays: Mapping[str, np.ndarray], seeds: Sequence[int], step: int) -> None:
        """Replace the file by these arrays, atomically.

        Raises:
            OSError: if the file cannot be written; the previous one then stands.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = safetensors.numpy.save(
            {name: np.ascontiguousarray(array) for name, array in arrays.items()},
            metadata={
                "step": str(step),
                "seeds": ",".join(map(str, seeds)),
                "fingerprint": self.fingerprint,
            },
        )
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".checkpoint-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            pathlib.Path(temporary).replace(self.path)
        except BaseException:
            pathlib.Path(temporary).unlink(missing_ok=True)
            raise

    def load(self, seeds: Sequence[int], num_steps: int) -> Saved | None:
        """State of these seeds, or None if nothing was saved yet.

        Raises:
            CheckpointError: if a file is damaged or belongs to another run, or the parts do
                not hold every seed trained to the end.
        """
        if self.path.exists():
            return self._read(self.path)
        if not self.parts:
            return None
        return self._gather([self._read(part) for part in self.parts], seeds, num_steps)

    def _gather(self, parts: Sequence[Saved], seeds: Sequence[int], num_steps: int) -> Saved:
        found: dict[int, dict[str, np.ndarray]] = {}
        for part in parts:
            if part.step == num_steps:
                for index, seed in enumerate(part.seeds):
                    found[seed] = {name: array[index] for name, array in part.arrays.items()}
        if missing := [seed for seed in seeds if seed not in found]:
            listed = ", ".join(map(str, missing))
            raise CheckpointError(
                f"The blocks of {self.path.stem} lack seed {listed} trained to the end; train "
                "them with --block, or all of them here without --resume."
            )
        rows = [found[seed] for seed in seeds]
        arrays = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        return Saved(arrays, tuple(seeds), num_steps)

    def _read(self, path: pathlib.Path) -> Saved:
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            step, seeds = int(metadata["step"]), tuple(map(int, metadata["seeds"].split(",")))
        except (safetensors.SafetensorError, OSError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"The checkpoint {path.name} cannot be read ({error}); run again without --resume."
            ) from None
        if metadata.get("fingerprint", "") != self.fingerprint:
            raise CheckpointError(
                f"The checkpoint {path.name} belongs to other settings, seeds, source or machine; "
                "run again without --resume."
            )
        return Saved(arrays, seeds, step)
