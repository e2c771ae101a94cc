"""Trained weights to safetensors and back; nothing is ever unpickled."""

import re
from collections.abc import Mapping

import numpy as np
import safetensors
import safetensors.numpy

from incontext.errors import RecordError

NAME = re.compile(r"[A-Za-z0-9_~][A-Za-z0-9_.~-]*(/[A-Za-z0-9_~][A-Za-z0-9_.~-]*)*")
DTYPES = ("float32", "float64", "int32", "int64", "bool")


def check(params: Mapping[str, np.ndarray]) -> None:
    """Refuse weights that no record may hold.

    Raises: RecordError for an odd name, an unsupported type, NaN or infinity.
    """
    for name, array in params.items():
        if not NAME.fullmatch(name):
            raise RecordError(f"parameter name {name!r} is not of the form 'trained/layer_0/query'")
        if str(array.dtype) not in DTYPES:
            raise RecordError(
                f"parameter {name!r} has the type {array.dtype}; use one of {', '.join(DTYPES)}"
            )
        if not np.isfinite(array).all():
            raise RecordError(
                f"parameter {name!r} holds NaN or infinity; record only converged runs"
            )


def to_bytes(params: Mapping[str, np.ndarray]) -> bytes:
    """Return the weights as one safetensors file, the same bytes for the same weights."""
    arrays = {name: np.array(params[name], order="C") for name in sorted(params)}
    return safetensors.numpy.save(arrays)


def from_bytes(content: bytes) -> dict[str, np.ndarray]:
    """Read the weights back.

    Raises: RecordError if the content is no safetensors file or holds what `check` refuses.
    """
    try:
        params = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, KeyError, ValueError) as error:
        raise RecordError(f"the weights are no safetensors file: {error}") from None
    check(params)
    return params
