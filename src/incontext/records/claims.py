"""The ledger: what the papers claim, in numbers, with bounds and the reason for the bounds."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from incontext.errors import RecordError

REDUCTIONS = ("mean", "median", "min", "max", "each")
KINDS = ("published", "own")


@dataclass(frozen=True)
class Finding:
    """An honest disagreement: what is measured instead of the claimed number, and why."""

    text: str
    lower: float = -math.inf
    upper: float = math.inf


@dataclass(frozen=True)
class Claim:
    """One statement as a number that a record can confirm or refute.

    kind: "published" if a paper prints or plots the number or the order, or its authors' stored
        results hold it; "own" for what we add.
    over: a metric that the metric is divided by, seed by seed; "" for none.

    A measured number agrees if lower <= number <= upper; infinite bounds do not bind.
    """

    id: str
    kind: str
    figure: str
    paper: str
    statement: str
    source: str
    experiment: str
    metric: str
    reduce: str
    expected: float
    why: str
    presets: tuple[str, ...]
    over: str = ""
    lower: float = -math.inf
    upper: float = math.inf
    finding: Finding | None = None

    def __post_init__(self) -> None:
        if self.reduce not in REDUCTIONS:
            raise self._error("reduce", self.reduce, f"must be one of {', '.join(REDUCTIONS)}")
        if self.kind not in KINDS:
            raise self._error("kind", self.kind, f"must be one of {', '.join(KINDS)}")
        if self.paper not in ("A", "B") or not self.figure.startswith(self.paper):
            raise self._error("figure", self.figure, "must start with the paper's letter, A or B")
        if not self.lower <= self.expected <= self.upper:
            raise self._error("expected", self.expected, "must lie within lower and upper")
        if math.isinf(self.lower) and math.isinf(self.upper):
            raise self._error("upper", self.upper, "or lower must bind, or the claim cannot fail")
        if not self.presets:
            raise self._error("presets", [], "must name a preset")

    @property
    def one_sided(self) -> bool:
        """Whether only one bound binds."""
        return math.isinf(self.lower) or math.isinf(self.upper)

    def _error(self, field: str, value: object, constraint: str) -> RecordError:
        return RecordError(f"claim {self.id!r}: {field} is {value!r}; it {constraint}")


@dataclass(frozen=True)
class Withdrawn:
    """A claim that is no longer made, why, and the ids of those that took its place."""

    id: str
    why: str
    instead: tuple[str, ...] = ()


def ledger_path() -> Path:
    """Return the path of the ledger that comes with the package."""
    return Path(str(resources.files("incontext.records") / "ledger.toml"))


def read_ledger(path: Path | None = None) -> tuple[Claim, ...]:
    """Return the claims of a ledger in the order of the file.

    Raises: RecordError if the file cannot be read, a field is unknown, missing or of the wrong
        type, or an id is used twice.
    """
    content, name = _content(path or ledger_path())
    claims = tuple(_claim(entry) for entry in _entries(content, "claim", name))
    withdrawn = [str(entry.get("id")) for entry in _entries(content, "withdrawn", name)]
    _refuse_repeated([*(claim.id for claim in claims), *withdrawn])
    return claims


def read_withdrawn(path: Path | None = None) -> tuple[Withdrawn, ...]:
    """Return the claims that a ledger no longer makes.

    Raises: RecordError as `read_ledger`.
    """
    content, name = _content(path or ledger_path())
    return tuple(
        Withdrawn(**_typed(Withdrawn, entry, f"withdrawn claim {entry.get('id')!r}"))
        for entry in _entries(content, "withdrawn", name)
    )


def _content(path: Path) -> tuple[dict[str, Any], str]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecordError(f"the ledger {path.name} cannot be read: {error}") from None
    unknown = set(content) - {"claim", "withdrawn"}
    if unknown:
        raise RecordError(
            f"the ledger {path.name} holds {sorted(unknown)}; it may hold [[claim]] and "
            "[[withdrawn]]"
        )
    return content, path.name


def _entries(content: Mapping[str, Any], key: str, name: str) -> list[Mapping[str, Any]]:
    entries = content.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RecordError(f"{key} of the ledger {name} is no table; begin each with [[{key}]]")
    return entries


def _claim(entry: Mapping[str, Any]) -> Claim:
    name = f"claim {entry.get('id', '(without id)')!r}"
    values = dict(entry)
    if isinstance(values.get("finding"), dict):
        values["finding"] = Finding(**_typed(Finding, values["finding"], f"finding of {name}"))
    return Claim(**_typed(Claim, values, name))


def _typed(kind: type, entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    known = {field.name: field for field in fields(kind)}
    required = {key for key, field in known.items() if field.default is MISSING}
    if set(entry) - set(known) or required - set(entry):
        raise RecordError(
            f"{name}: unknown fields {sorted(set(entry) - set(known))}, "
            f"missing fields {sorted(required - set(entry))}; see the top of the ledger"
        )
    return {key: _value(key, value, known[key].type, name) for key, value in entry.items()}


def _value(key: str, value: Any, wanted: Any, name: str) -> Any:  # noqa: ANN401 - any TOML value
    if wanted is float and type(value) in (int, float) and not math.isnan(value):
        return float(value)
    if wanted is str and isinstance(value, str) and value.strip():
        return value
    listed = wanted == tuple[str, ...] and isinstance(value, list)
    if listed and all(isinstance(one, str) for one in value):
        return tuple(value)
    if isinstance(value, Finding):
        return value
    raise RecordError(f"{name}: {key} is {value!r}, which is not of the type its field has")


def _refuse_repeated(ids: list[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        raise RecordError(f"the ledger uses the ids {twice} more than once; rename the later ones")
