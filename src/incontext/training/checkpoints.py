"""Unfinished training on disk: written whole or not at all, never unpickled."""

import dataclasses
import os
import pathlib
import tempfile
from collections.abc import Mapping

import numpy as np
import safetensors
import safetensors.numpy


class CheckpointError(RuntimeError):
    """A checkpoint that cannot be used."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """One file holding named arrays and the step they belong to."""

    path: pathlib.Path
    fingerprint: str

    def save(self, arrays: Mapping[str, np.ndarray], step: int) -> None:
        """Replace the file by these arrays, atomically.

        Raises:
            OSError: if the file cannot be written; the previous one then stands.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        data = safetensors.numpy.save(
            {name: np.ascontiguousarray(array) for name, array in arrays.items()},
            metadata={"step": str(step), "fingerprint": self.fingerprint},
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

    def load(self) -> tuple[dict[str, np.ndarray], int] | None:
        """Arrays and step, or None if nothing was saved yet.

        Raises:
            CheckpointError: if the file is damaged or belongs to another run.
        """
        if not self.path.exists():
            return None
        try:
            with safetensors.safe_open(self.path, framework="numpy") as file:
                metadata = file.metadata() or {}
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            step = int(metadata["step"])
        except (safetensors.SafetensorError, OSError, KeyError, ValueError) as error:
            raise CheckpointError(
                f"The checkpoint {self.path.name} cannot be read ({error}); "
                "run again without --resume."
            ) from None
        if metadata.get("fingerprint", "") != self.fingerprint:
            raise CheckpointError(
                f"The checkpoint {self.path.name} belongs to other settings or seeds; "
                "run again without --resume."
            )
        return arrays, step
