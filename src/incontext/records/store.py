"""Records on disk: <root>/<experiment>/<preset>/{*.csv, params.safetensors, manifest.json}."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from incontext import files
from incontext.errors import RecordError
from incontext.presets import record_command
from incontext.records import manifest, tables, weights
from incontext.records.types import Column, Manifest, Record, Result


class Slot:
    """The place of one record, reserved for this process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def save(self, result: Result, origin: Manifest) -> Manifest:
        """Write the record at once or not at all, and return its sealed manifest.

        Raises: RecordError if the result may not be recorded or the disk does not take it.
        """
        contents, sealed = encode(result, origin)
        self._refuse_foreign_files()
        try:
            files.replace_directory(self.directory, contents)
        except OSError as error:
            raise _unwritable(self.directory, error) from None
        return sealed

    def _refuse_foreign_files(self) -> None:
        """Refuse to replace a directory that holds what its manifest does not name."""
        there = self.directory.iterdir() if self.directory.is_dir() else ()
        foreign = {path.name for path in there} - {manifest.NAME}
        if foreign:
            with files.Reader(self.directory) as reader, suppress(RecordError):
                foreign -= manifest.named_files(reader.read(manifest.NAME))
        if foreign:
            raise RecordError(
                f"it holds {min(foreign)!r}, which its manifest does not name and recording would "
                "delete; move that elsewhere",
                self.directory,
            )


@contextmanager
def reserve(experiment: str, preset: str, *, root: Path) -> Iterator[Slot]:
    """Reserve the place of a record, so that two recorders of the same thing never mix.

    Raises: RecordError if another process has reserved it, or the place cannot be written.
    """
    directory = place(experiment, preset, root=root)
    activity = f"recording {experiment}/{preset} in {root}"
    with ExitStack() as held:
        _refuse_links(directory)
        with _writable(directory):
            held.enter_context(files.exclusive(directory, activity))
            files.clean(directory)
        yield Slot(directory)


def save(result: Result, origin: Manifest, *, root: Path) -> Manifest:
    """Write a record under `root` at once or not at all, and return its sealed manifest.

    Raises: RecordError if the result may not be recorded, another process is recording the same,
        or the disk does not take it.
    """
    with reserve(origin.experiment, origin.preset, root=root) as slot:
        return slot.save(result, origin)


def encode(result: Result, origin: Manifest) -> tuple[dict[str, bytes], Manifest]:
    """Return the files of a record by name, and its sealed manifest.

    Raises: RecordError if the result or the manifest may not be recorded.
    """
    if "metrics" not in result.tables:
        raise RecordError(
            "the result has no table 'metrics'; add one with the columns metric, seed, value"
        )
    entries = {
        name: tables.describe(table, name, result.columns)
        for name, table in sorted(result.tables.items())
    }
    contents = {
        f"{name}.csv": tables.to_csv(result.tables[name], entry) for name, entry in entries.items()
    }
    if result.params:
        weights.check(result.params)
        contents[manifest.PARAMS] = weights.to_bytes(result.params)
    checksums = {name: manifest.sha256(content) for name, content in contents.items()}
    sealed = manifest.seal(replace(origin, files=checksums, tables=entries))
    contents[manifest.NAME] = manifest.to_json(sealed)
    manifest.from_json(contents[manifest.NAME])  # what cannot be read is not written
    return contents, sealed


def load(experiment: str, preset: str, *, root: Path) -> Record:
    """Read a record and check all of it: schema, checksums, types, values.

    Raises: RecordError, one sentence naming the file and the reason.
    """
    directory = _existing(experiment, preset, root=root)
    return files.read_whole(directory, lambda reader: _read(reader, experiment, preset))


def load_manifest(experiment: str, preset: str, *, root: Path) -> Manifest:
    """Read and check the manifest of a record, and none of its other files.

    Raises: RecordError, one sentence naming the file and the reason.
    """
    directory = _existing(experiment, preset, root=root)
    return files.read_whole(directory, lambda reader: read_manifest(reader, experiment, preset))


def load_table(experiment: str, preset: str, name: str, *, root: Path) -> pd.DataFrame:
    """Read and check one table of a record and the record's manifest.

    Raises: RecordError, one sentence naming the file and the reason.
    """

    def read(reader: files.Reader) -> pd.DataFrame:
        found = read_manifest(reader, experiment, preset)
        if name not in found.tables:
            raise RecordError(
                f"{reader.directory} has no table {name!r}; it has {', '.join(found.tables)}"
            )
        return read_table(reader, name, found)

    return files.read_whole(_existing(experiment, preset, root=root), read)


def recorded(root: Path) -> list[tuple[str, str]]:
    """Return experiment and preset of everything that has a manifest under `root`, sorted.

    Raises: RecordError if `root` is no directory.
    """
    if not root.is_dir():
        raise RecordError(f"{root} is not a directory of records; name one with INCONTEXT_DATA")
    return sorted(
        (path.parent.parent.name, path.parent.name)
        for path in root.glob(f"*/*/{manifest.NAME}")
        if not path.parent.name.startswith(".")
    )


def read_manifest(reader: files.Reader, experiment: str, preset: str) -> Manifest:
    """Read the manifest of an open record and check that it is the manifest of this record."""
    with _naming(reader.directory / manifest.NAME):
        found = manifest.from_json(reader.read(manifest.NAME))
        if (found.experiment, found.preset) != (experiment, preset):
            raise RecordError(
                f"it says {found.experiment}/{found.preset}, but lies in {experiment}/{preset}"
            )
        named = {f"{name}.csv" for name in found.tables if tables.NAME.fullmatch(name)}
        if set(found.files) - {manifest.PARAMS} != named:
            raise RecordError("its files and its tables do not name the same CSV files")
    return found


def read_file(reader: files.Reader, name: str, found: Manifest) -> bytes:
    """Read one file of an open record and compare its checksum."""
    with _naming(reader.directory / name):
        content = reader.read(name)
        if manifest.sha256(content) != found.files[name]:
            raise RecordError("it was changed after it was recorded: its checksum does not fit")
    return content


def read_table(reader: files.Reader, name: str, found: Manifest) -> pd.DataFrame:
    """Read one table of an open record and check it against the manifest."""
    content = read_file(reader, f"{name}.csv", found)
    with _naming(reader.directory / f"{name}.csv"):
        return tables.from_csv(content, name, found.tables[name])


def read_params(reader: files.Reader, found: Manifest) -> dict[str, Any]:
    """Read the trained weights of an open record; none, if it holds none."""
    if manifest.PARAMS not in found.files:
        return {}
    content = read_file(reader, manifest.PARAMS, found)
    with _naming(reader.directory / manifest.PARAMS):
        return weights.from_bytes(content)


def _read(reader: files.Reader, experiment: str, preset: str) -> Record:
    found = read_manifest(reader, experiment, preset)
    frames = {name: read_table(reader, name, found) for name in found.tables}
    result = Result(frames, read_params(reader, found), columns_of(found.tables))
    return Record(result, found)


def columns_of(entries: Mapping[str, Any]) -> dict[str, Column]:
    """Return the meaning of every column that a manifest describes."""
    return {
        column["name"]: Column(column["description"], column.get("minimum"))
        for entry in entries.values()
        for column in entry["columns"]
    }


def place(experiment: str, preset: str, *, root: Path) -> Path:
    """Return where a record lies or would lie.

    Raises: RecordError for a name that could lead elsewhere.
    """
    for name in (experiment, preset):
        if not tables.NAME.fullmatch(name):
            raise RecordError(
                f"{name!r} is no name of a record; names are made of a-z, 0-9, _ and -"
            )
    return root / experiment / preset


def _existing(experiment: str, preset: str, *, root: Path) -> Path:
    directory = place(experiment, preset, root=root)
    _refuse_links(directory)
    if not directory.is_dir():
        raise RecordError(
            f"{experiment}/{preset} is not recorded in {root}; "
            f"record it with '{record_command(experiment, preset)}'"
        )
    return directory


def _refuse_links(directory: Path) -> None:
    for path in (directory.parent, directory):
        if path.is_symlink():
            raise RecordError("it is a symbolic link, which no record is", path)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except RecordError as error:
        raise RecordError(error.reason, path) from None


@contextmanager
def _writable(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unwritable(directory, error) from None


def _unwritable(directory: Path, error: OSError) -> RecordError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return RecordError(
        f"{directory} cannot be written: {reason}; no partial record was left, "
        "name another directory or make room there"
    )
