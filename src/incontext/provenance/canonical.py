"""Settings as JSON values with one text, and its hash."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from incontext.errors import Refusal

FLOATS = (float, float | None)


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """A configuration as JSON values; a dataclass also names its class.

    A whole number in a field of type float becomes a float, so that equal settings have one text.

    Raises:
        Refusal: for a value that has no one JSON text.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = {one.name: _field(value, one) for one in dataclasses.fields(value)}
        return {"class": type(value).__name__, **inner}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise Refusal(
        f"the configuration holds {value!r}, which JSON cannot; "
        "use frozen dataclasses of numbers, texts and tuples"
    )


def _field(owner: object, field: dataclasses.Field[Any]) -> Any:  # noqa: ANN401 - any JSON value
    found = plain(getattr(owner, field.name))
    return float(found) if type(found) is int and field.type in FLOATS else found


def hash_json(value: object) -> str:
    """SHA-256 of the value's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
