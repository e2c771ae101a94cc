"""Settings of a configuration by dotted name: found, checked against their types, replaced.

Knows nothing of files and experiments: a configuration is a frozen dataclass whose fields hold
numbers, texts, flags, tuples, None and further such dataclasses.
"""

import dataclasses
import difflib
import json
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

SHOWN = 8


class OverrideError(ValueError):
    """A setting that cannot be replaced; the message names it, in one sentence."""


def names(config: Any) -> tuple[str, ...]:  # noqa: ANN401 - any dataclass
    """Return the dotted names of all settings, such as "task.num_context" or "sizes"."""
    return tuple(name for name, _, _ in _leaves(config, type(config), ""))


def value_of(config: Any, name: str) -> Any:  # noqa: ANN401
    """Return one setting.

    Raises: OverrideError, with the nearest name, if there is no such setting.
    """
    return _find(config, name)[0]


def override(config: Any, changes: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return the configuration with some settings replaced, all at once.

    Raises: OverrideError for an unknown name, a value of another type than its setting, or
        values that the configuration itself refuses.
    """
    typed = {name: checked(config, name, value) for name, value in changes.items()}
    try:
        return _replaced(config, typed)
    except ValueError as error:
        given = ", ".join(f"{name} = {value!r}" for name, value in typed.items())
        raise OverrideError(f"{given}: {str(error).rstrip('.')}") from None


def checked(config: Any, name: str, value: Any) -> Any:  # noqa: ANN401
    """Return a value as the type of its setting.

    Raises: OverrideError if there is no such setting or the value is not of its type.
    """
    present, kind = _find(config, name)
    if _is_group(present, kind):
        inner = ", ".join(f"{name}.{part}" for part, _, _ in _parts(present, kind))
        raise OverrideError(f"{name} is a group of settings; name one of {inner}")
    adapter: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(allow_inf_nan=False))
    try:  # as JSON: its arrays are tuples, and nothing else is taken for another type
        return adapter.validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError as error:
        raise OverrideError(sentence(error, name)) from None
    except ValueError:
        raise OverrideError(f"{name} holds itself; write out what it holds") from None


def sentence(error: ValidationError, name: str = "") -> str:
    """Return what is wrong, in one sentence: "sizes.1 is '2'; it must be a valid integer"."""
    first = error.errors(include_url=False)[0]
    parts = [part for part in first["loc"] if isinstance(part, int) or not name]
    where = ".".join(filter(None, [name, *map(str, parts)]))
    if first["type"] == "missing":
        return f"{where} is missing; it is needed"
    return f"{where} is {first['input']!r}; {first['msg'].replace('Input should', 'it must')}"


def _find(config: Any, name: str) -> tuple[Any, Any]:  # noqa: ANN401
    """Return a setting and its type."""
    found, kind = config, type(config)
    for part in name.split("."):
        inner = {key: (value, of) for key, value, of in _parts(found, kind)}
        if part not in inner:
            raise OverrideError(_unknown(config, name))
        found, kind = inner[part]
    return found, kind


def _leaves(config: Any, kind: Any, prefix: str) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401
    for part, inner, of in _parts(config, kind):
        if _is_group(inner, of):
            yield from _leaves(inner, of, f"{prefix}{part}.")
        else:
            yield f"{prefix}{part}", inner, of


def _is_group(value: Any, kind: Any) -> bool:  # noqa: ANN401
    """Whether a value holds settings of its own: a dataclass, or a tuple for dataclasses."""
    if isinstance(value, tuple):
        return any(map(dataclasses.is_dataclass, (*value, *typing.get_args(kind))))
    return dataclasses.is_dataclass(value)


def _parts(value: Any, kind: Any) -> list[tuple[str, Any, Any]]:  # noqa: ANN401
    """Return name, value and type of everything directly inside a value."""
    if dataclasses.is_dataclass(value):
        found = [field.name for field in dataclasses.fields(value)]
        kinds = typing.get_type_hints(type(value))
        return [(name, getattr(value, name), kinds[name]) for name in found]
    if isinstance(value, tuple):
        inner = typing.get_args(kind)
        kinds = inner[:1] * len(value) if inner[-1:] == (Ellipsis,) else inner
        kinds = kinds if len(kinds) == len(value) else [Any] * len(value)
        return [(str(index), *one) for index, one in enumerate(zip(value, kinds, strict=True))]
    return []


def _unknown(config: Any, name: str) -> str:  # noqa: ANN401
    listed = names(config)
    near = difflib.get_close_matches(name, listed, n=1, cutoff=0.5)
    if near:
        return f"there is no setting {name!r}; did you mean {near[0]!r}?"
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"there is no setting {name!r}; there are {', '.join(listed[:SHOWN])}{more}"


def _replaced(config: Any, changes: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Replace values of the right types; every dataclass on the way is built, and checked, once."""
    own = {name: value for name, value in changes.items() if "." not in name}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        head, _, rest = name.partition(".")
        if rest:
            inner.setdefault(head, {})[rest] = value
    for head in own.keys() & inner.keys():
        raise ValueError(f"{head} is replaced as a whole and in part; keep one of them")
    parts = {name: value for name, value, _ in _parts(config, type(config))}
    own |= {head: _replaced(parts[head], rest) for head, rest in inner.items()}
    if isinstance(config, tuple):
        return tuple((parts | own).values())
    return dataclasses.replace(config, **own)
