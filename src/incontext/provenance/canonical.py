"""Settings as JSON values with one text, and its hash."""

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from incontext.errors import Refusal


def plain(value: object) -> Any:  # noqa: ANN401 - any JSON value
    """A configuration as JSON values; a dataclass also names its class.

    Raises:
        Refusal: for a value that has no one JSON text.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inner = {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
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


def hash_json(value: object) -> str:
    """SHA-256 of the value's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
