"""Proof that a directory of records is what was recorded."""

from collections.abc import Callable
from pathlib import Path

from incontext import files
from incontext.errors import RecordError
from incontext.records import manifest, provenance, store
from incontext.records.types import Manifest, Problem

IsCurrent = Callable[[Manifest], bool]


def verify(
    root: Path, name: str | None = None, *, is_current: IsCurrent | None = None
) -> list[Problem]:
    """Return everything that is wrong with the records under `root`; nothing, if all is well.

    name: an experiment, or experiment/preset; None for all.
    is_current: whether a manifest's configuration is the one that the preset has today; a record
        of another configuration is a problem.

    Raises: RecordError if `root` is no directory or nothing of that name is recorded.
    """
    store.recorded(root)
    problems: list[Problem] = []
    found = False
    for experiment, preset in _records(root, problems):
        if name in (None, experiment, f"{experiment}/{preset}"):
            found = True
            problems += _verify_record(root, experiment, preset, is_current)
    if name is not None:
        chosen = root / name
        problems = [one for one in problems if Path(one.path).is_relative_to(chosen)]
        if not found and not problems:
            known = sorted({experiment for experiment, _ in store.recorded(root)})
            raise RecordError(
                f"{name!r} is not recorded in {root}; recorded are: {', '.join(known) or 'none'}"
            )
    return problems


def _records(root: Path, problems: list[Problem]) -> list[tuple[str, str]]:
    """Return what should be records, and note what is neither a record nor hidden."""
    records = []
    for outer in sorted(root.iterdir()):
        if outer.name.startswith(".") or outer.name == "README.md":
            continue
        if not _is_plain_directory(outer):
            problems.append(Problem(str(outer), "is no directory of records; remove it"))
            continue
        for inner in sorted(outer.iterdir()):
            if inner.name.startswith("."):
                continue
            if _is_plain_directory(inner):
                records.append((outer.name, inner.name))
            else:
                problems.append(Problem(str(inner), "is no record; remove it"))
    return records


def _is_plain_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _verify_record(
    root: Path, experiment: str, preset: str, is_current: IsCurrent | None
) -> list[Problem]:
    directory = root / experiment / preset
    try:
        store.place(experiment, preset, root=root)
        return files.read_whole(
            directory, lambda reader: _problems(reader, experiment, preset, is_current)
        )
    except RecordError as error:
        return [_problem(error, directory)]


def _problems(
    reader: files.Reader, experiment: str, preset: str, is_current: IsCurrent | None
) -> list[Problem]:
    found = store.read_manifest(reader, experiment, preset)
    allowed = {*found.files, manifest.NAME}
    problems = [
        Problem(str(reader.directory / name), "is not named in the manifest; remove it")
        for name in reader.names()
        if name not in allowed
    ]
    checks = [lambda name=name: store.read_table(reader, name, found) for name in found.tables]
    for check in [*checks, lambda: store.read_params(reader, found)]:
        try:
            check()
        except RecordError as error:
            problems.append(_problem(error, reader.directory))
    has_networks = found.schema_version >= 3  # earlier ones have configurations of another form
    if has_networks and is_current is not None and not is_current(found):
        problems.append(_outdated(reader.directory, found))
    return problems


def _outdated(directory: Path, found: Manifest) -> Problem:
    return Problem(
        str(directory / manifest.NAME),
        "was recorded with another configuration than the preset has today; record it again with "
        f"'{provenance.command(found)}'",
    )


def _problem(error: RecordError, directory: Path) -> Problem:
    return Problem(str(error.path or directory), error.reason)
