"""Manifests as JSON: one canonical text, a versioned schema, and a checksum of their own."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from incontext.errors import RecordError
from incontext.presets import record_command
from incontext.provenance.canonical import hash_json
from incontext.records.types import SCHEMA_VERSION, Manifest

READABLE = range(1, SCHEMA_VERSION + 1)
NAME = "manifest.json"
PARAMS = "params.safetensors"
SIGNS = re.compile(r"[^<>\[\]{}|`\\]*")  # none that a page or a terminal would obey


def sha256(content: bytes) -> str:
    """Return the SHA-256 of the content in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@cache
def schema(version: int = SCHEMA_VERSION) -> Mapping[str, Any]:
    """Return the JSON schema of a version that this program reads."""
    name = f"manifest-v{version}.json"
    text = (resources.files("incontext.records") / "schema" / name).read_text("utf-8")
    return json.loads(text)


def seal(manifest: Manifest) -> Manifest:
    """Return the manifest with its own checksum filled in."""
    return replace(manifest, checksum=_checksum(_fields(manifest)))


def to_json(manifest: Manifest) -> bytes:
    """Return the one text of a sealed manifest."""
    fields = _fields(manifest)
    return _text({"schema_version": fields.pop("schema_version"), **fields})


def from_json(content: bytes) -> Manifest:
    """Read a manifest and check everything that can be checked without the other files.

    Raises: RecordError if it is of another version, does not fit the schema, was edited, or
        states a hash of its configuration or sources that is not theirs, or other seeds than
        its networks have.
    """
    try:
        return _checked(content)
    except RecordError:
        raise
    except (ValueError, RecursionError) as error:  # numbers and texts that JSON cannot hold
        raise RecordError(f"it is not JSON: {error}") from None


def named_files(content: bytes) -> set[str]:
    """Return the files that a manifest names, whatever else is wrong with it; none if it is none.

    Raises: RecordError if it is no JSON.
    """
    try:
        found = _parse(content).get("files")
    except (ValueError, RecursionError) as error:
        raise RecordError(f"it is not JSON: {error}") from None
    return set(found) if isinstance(found, dict) else set()


def _checked(content: bytes) -> Manifest:
    fields = _parse(content)
    _check_version(fields)
    _check_schema(fields)
    _check_signs(fields)
    _check_time(fields)
    if content != _text(fields) or fields["checksum"] != _checksum(fields):
        raise RecordError("it was changed after it was recorded: its own checksum does not fit")
    if hash_json(fields["config"]) != fields["config_hash"]:
        raise RecordError("its config_hash is not the hash of its config")
    if "sources" in fields and hash_json(fields["sources"]) != fields["source_hash"]:
        raise RecordError("its source_hash is not the hash of its sources")
    if networks := fields.get("networks"):
        trained = {int(name.rpartition("-")[2]) for name in networks}
        if set(fields["seeds"]) != trained:
            raise RecordError("its seeds are not those of its networks")
    return Manifest(**{**fields, "seeds": tuple(fields["seeds"])})


def _fields(manifest: Manifest) -> dict[str, Any]:
    fields = asdict(manifest)
    if manifest.schema_version == 1:
        del fields["sources"]
    if manifest.schema_version < 3:
        del fields["networks"]
    return fields


def _text(fields: Mapping[str, Any]) -> bytes:
    text = json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8")


def _checksum(fields: Mapping[str, Any]) -> str:
    return hash_json({key: value for key, value in fields.items() if key != "checksum"})


def _parse(content: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise RecordError(f"it holds {constant}, which is not JSON")

    fields = json.loads(content.decode("utf-8"), parse_constant=refuse)
    if not isinstance(fields, dict):
        raise RecordError("it is not a JSON object")
    return fields


def _check_version(fields: Mapping[str, Any]) -> None:
    version = fields.get("schema_version")
    if type(version) is int and version in READABLE:
        return
    again = record_command(str(fields.get("experiment")), str(fields.get("preset")))
    raise RecordError(
        f"its schema_version is {version!r}, this program reads 1 to {SCHEMA_VERSION}; "
        f"record it again with '{again}'"
    )


def _check_schema(fields: Mapping[str, Any]) -> None:
    validator = Draft202012Validator(schema(fields["schema_version"]))
    error = best_match(validator.iter_errors(fields))
    if error is not None:
        where = "/".join(str(part) for part in error.absolute_path) or "the manifest"
        message = error.message if len(error.message) < 200 else error.message[:200] + "..."
        raise RecordError(f"it does not fit the schema at {where}: {message}")


def _check_signs(fields: Mapping[str, Any]) -> None:
    """Refuse names of machines and versions that would be read as markup where they are shown."""
    shown = [fields["cpu"], fields["precision"], *fields["device"].values()]
    for text in map(str, [*shown, *fields["versions"], *fields["versions"].values()]):
        if not (text.isprintable() and SIGNS.fullmatch(text)):
            raise RecordError(f"it names a machine or version {text!r}; use letters and digits")


def _check_time(fields: Mapping[str, Any]) -> None:
    try:
        lasted = timedelta(seconds=fields["wall_seconds"])
        (datetime.fromisoformat(fields["started"]) + lasted).isoformat()
    except (ValueError, OverflowError):
        when = f"{fields['started']} and {fields['wall_seconds']:g} seconds"
        raise RecordError(f"its started and wall_seconds are {when}, which is no time") from None
