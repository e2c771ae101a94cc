"""One trained network, or one unfinished training, as one safetensors file.

Arrays are named after what they are: final/<module>/<name>, losses, kept/<step>/<module>/<name>.
The header is JSON in the file's metadata, with a checksum over the arrays and itself.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from jaxtyping import PyTree

from incontext.errors import Refusal

Arrays = Mapping[str, np.ndarray]
STATED = {"training": dict, "seed": int, "seconds": int | float | None, "checksum": str}


class FileError(Refusal):
    """A file that is not what was written; the message names it."""


def flatten(prefix: str, params: PyTree) -> dict[str, np.ndarray]:
    """Parameters, a mapping or a mapping of mappings, under flat names."""
    flat = {}
    for name, value in params.items():
        if isinstance(value, Mapping):
            flat |= {f"{prefix}/{name}/{inner}": np.asarray(one) for inner, one in value.items()}
        else:
            flat[f"{prefix}/{name}"] = np.asarray(value)
    return flat


def unflatten(prefix: str, arrays: Arrays) -> PyTree:
    """Inverse of `flatten`."""
    nested: dict[str, Any] = {}
    for flat, array in arrays.items():
        if flat.startswith(f"{prefix}/"):
            module, _, name = flat.removeprefix(f"{prefix}/").rpartition("/")
            (nested.setdefault(module, {}) if module else nested)[name] = array
    return nested


def write(path: Path, arrays: Arrays, header: Mapping[str, Any]) -> None:
    """Write a file at once or not at all.

    Raises:
        OSError: if it cannot be written; a previous file of that name then stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {name: np.asarray(array, order="C") for name, array in sorted(arrays.items())}
    sealed = {**header, "checksum": _checksum(whole, header)}
    data = safetensors.numpy.save(whole, metadata={"header": json.dumps(sealed, sort_keys=True)})
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        os.replace(temporary, path)  # noqa: PTH105 - the name says what matters
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def read_header(path: Path) -> dict[str, Any]:
    """The header alone; nothing is compared with its checksum.

    Raises:
        FileError: if the file cannot be read.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return _parsed(path, file.metadata())
    except (safetensors.SafetensorError, OSError) as error:
        raise FileError(f"{path}: it cannot be read ({error}).") from None


def read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and header, compared with the checksum.

    Raises:
        FileError: if the file cannot be read or was changed after it was written.
    """
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            header = _parsed(path, file.metadata())
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (safetensors.SafetensorError, OSError) as error:
        raise FileError(f"{path}: it cannot be read ({error}).") from None
    stated = header.get("checksum")
    if stated != _checksum(arrays, {k: v for k, v in header.items() if k != "checksum"}):
        raise FileError(f"{path}: it was changed after it was written; restore it from Git.")
    return arrays, header


def _parsed(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    try:
        header = json.loads((metadata or {})["header"])
    except (KeyError, json.JSONDecodeError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise FileError(f"{path}: it has no header; restore it from Git.")
    for name, kinds in STATED.items():
        if not isinstance(header.get(name), kinds):
            raise FileError(f"{path}: it has no valid {name} in its header; restore it from Git.")
    return header


def _checksum(arrays: Arrays, header: Mapping[str, Any]) -> str:
    sums = {name: _array_sum(array) for name, array in sorted(arrays.items())}
    text = json.dumps({"arrays": sums, "header": header}, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _array_sum(array: np.ndarray) -> str:
    about = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.sha256(about + np.asarray(array, order="C").tobytes()).hexdigest()
