"""Settings of a configuration by dotted name: found, checked against their types, replaced.

Knows nothing of files and experiments: a configuration is a frozen dataclass whose fields hold
numbers, texts, flags, tuples, None and further such dataclasses.
"""

import dataclasses
import difflib
import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Literal

SHOWN = 8


class OverrideError(ValueError):
    """A setting that cannot be replaced; the message names it, in one sentence."""


def names(config: Any) -> tuple[str, ...]:  # noqa: ANN401 - any dataclass
    """Return the dotted names of all settings, such as "task.num_context" or "sizes"."""
    return tuple(_leaves(config, ""))


def value_of(config: Any, name: str) -> Any:  # noqa: ANN401
    """Return one setting.

    Raises: OverrideError, with the nearest name, if there is no such setting.
    """
    found = config
    for part in name.split("."):
        inner = dict(_parts(found))
        if part not in inner:
            raise OverrideError(_unknown(config, name))
        found = inner[part]
    return found


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
    present = value_of(config, name)
    if _is_group(present):
        inner = ", ".join(f"{name}.{part}" for part, _ in _parts(present))
        raise OverrideError(f"{name} is a group of settings; name one of {inner}")
    kind = _type_of(config, name)
    try:
        return _convert(value, kind)
    except TypeError:
        raise OverrideError(f"{name} is {value!r}; it must be {_describe(kind)}") from None


def _leaves(config: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401
    for part, inner in _parts(config):
        name = f"{prefix}{part}"
        if _is_group(inner):
            yield from _leaves(inner, f"{name}.")
        else:
            yield name


def _is_group(value: Any) -> bool:  # noqa: ANN401
    """Whether a value holds settings of its own: a dataclass, or a tuple of dataclasses."""
    is_tuple = isinstance(value, tuple) and any(map(dataclasses.is_dataclass, value))
    return is_tuple or dataclasses.is_dataclass(value)


def _parts(value: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
    if dataclasses.is_dataclass(value):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, tuple):
        return [(str(index), inner) for index, inner in enumerate(value)]
    return []


def _unknown(config: Any, name: str) -> str:  # noqa: ANN401
    near = difflib.get_close_matches(name, names(config), n=1, cutoff=0.5)
    if near:
        return f"there is no setting {name!r}; did you mean {near[0]!r}?"
    listed = names(config)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return f"there is no setting {name!r}; there are {', '.join(listed[:SHOWN])}{more}"


def _type_of(config: Any, name: str) -> Any:  # noqa: ANN401
    *outer, last = name.split(".")
    owner = value_of(config, ".".join(outer)) if outer else config
    if dataclasses.is_dataclass(owner):
        return typing.get_type_hints(type(owner))[last]
    inner = typing.get_args(_type_of(config, ".".join(outer)))
    return inner[0] if inner[-1:] == (Ellipsis,) else inner[int(last)]


def _convert(value: Any, kind: Any) -> Any:  # noqa: ANN401
    """Return the value as `kind`.

    Raises: TypeError if it is of another type.
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and isinstance(value, list | tuple):
        kinds = inner[:1] * len(value) if inner[-1:] == (Ellipsis,) else inner
        if len(kinds) == len(value):
            return tuple(_convert(one, of) for one, of in zip(value, kinds, strict=True))
    if origin in (types.UnionType, typing.Union):
        return _convert_to_any(value, inner)
    if origin is Literal and any(value == one and type(value) is type(one) for one in inner):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    if kind in (int, str, bool, types.NoneType) and type(value) is kind:
        return value
    raise TypeError(value)


def _finite(value: int | float) -> float:
    try:
        if math.isfinite(value):
            return float(value)
    except OverflowError:  # a whole number beyond all floats
        pass
    raise TypeError(value)


def _convert_to_any(value: Any, kinds: tuple[Any, ...]) -> Any:  # noqa: ANN401
    for kind in kinds:
        try:
            return _convert(value, kind)
        except TypeError:
            continue
    raise TypeError(value)


def _describe(kind: Any) -> str:  # noqa: ANN401
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        if inner[-1:] == (Ellipsis,):
            return f"a list, each element {_describe(inner[0])}"
        return f"a list of {len(inner)} elements"
    if origin in (types.UnionType, typing.Union):
        return " or ".join(map(_describe, inner))
    if origin is Literal:
        return f"one of {', '.join(map(repr, inner))}"
    plain = {int: "a whole number", float: "a finite number", str: "a text", bool: "true or false"}
    return plain.get(kind, "null" if kind is types.NoneType else getattr(kind, "__name__", "other"))


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
    parts = dict(_parts(config))
    own |= {head: _replaced(parts[head], rest) for head, rest in inner.items()}
    if isinstance(config, tuple):
        return tuple((parts | own).values())
    return dataclasses.replace(config, **own)
