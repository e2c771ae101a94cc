"""Everything that is recorded as one RO-Crate: who made what from what, for machines.

Follows the profile Process Run Crate 0.5: every record is the result of one action, whose
instrument is this package at the commit that made the record.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from incontext.cli.errors import UsageError
from incontext.cli.papers import PAPERS
from incontext.errors import RecordError
from incontext.networks.files import read
from incontext.paths import data_directory, repository_root
from incontext.records import manifest as manifests
from incontext.records import provenance, store
from incontext.records.claims import ledger_path
from incontext.records.types import Manifest
from incontext.records.verify import verify

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
DATA_LICENSE = "https://creativecommons.org/licenses/by/4.0/"
CODE_LICENSE = "https://www.apache.org/licenses/LICENSE-2.0"
AUTHORS = "#authors"
TEXTS = {
    "data/README.md": "text/markdown",
    "README.md": "text/markdown",
    "CITATION.cff": "application/yaml",
    "LICENSE": "text/plain",
    "LICENSE-TEXT": "text/plain",
    "environment.yml": "application/yaml",
    "pyproject.toml": "application/toml",
    "requirements.lock": "text/plain",
}
FORMATS = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".md": "text/markdown",
    ".safetensors": "application/octet-stream",
    ".toml": "application/toml",
}


def write(out: Path) -> None:
    """Write a new directory with all records, their code and `ro-crate-metadata.json`.

    Raises: UsageError if the directory exists; RecordError if a record is not what was recorded
        or there is none.
    """
    if out.exists():
        raise UsageError(f"{out} exists; name a directory that does not, to hold the crate")
    temporary = out.with_name(f".{out.name}.tmp-{os.getpid()}")
    try:
        describe(data_directory(), repository_root()).write(temporary)
        for cache in temporary.rglob("__pycache__"):
            shutil.rmtree(cache)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def describe(data: Path, checkout: Path | None) -> ROCrate:
    """Return the crate of the reports and networks under `data`, and of a checkout's code.

    Raises: Refusal if a report or one of its networks is not what was recorded or there is none.
    """
    reports = data / "reports"
    for problem in verify(reports):
        raise RecordError(f"{problem}; nothing was written")
    records = [store.load_manifest(*names, root=reports) for names in store.recorded(reports)]
    if not records:
        raise RecordError(f"nothing is recorded in {data}; name another with --data DIR")
    crate = ROCrate(version="1.1")
    crate.metadata.extra_contexts.append(TERMS)
    _add_context(crate)
    _describe_root(crate, records)
    _add_rules(crate)
    for record in records:
        _add_record(crate, record, data)
    if checkout is not None:
        _add_checkout(crate, checkout)
    return crate


def _add_context(crate: ROCrate) -> None:
    _add(crate, PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    _add(crate, DATA_LICENSE, "CreativeWork", name="CC BY 4.0", identifier=DATA_LICENSE)
    _add(crate, CODE_LICENSE, "CreativeWork", name="Apache License 2.0", identifier=CODE_LICENSE)
    _add(crate, AUTHORS, "Organization", name="The incontext authors")
    for paper in PAPERS.values():
        title = paper.fields["title"]
        doi = f"https://doi.org/{paper.doi}"
        _add(crate, doi, "ScholarlyArticle", name=title, url=paper.url, identifier=doi)


def _describe_root(crate: ROCrate, records: list[Manifest]) -> None:
    root = crate.root_dataset
    root["name"] = "incontext: recorded results on how Transformers learn in context"
    root["description"] = (
        "Results of re-executing two papers on in-context learning, each with the configuration, "
        "source, versions, machine and moment that made it, and the code that reads and checks it."
    )
    root["license"] = [{"@id": DATA_LICENSE}, {"@id": CODE_LICENSE}]
    root["author"] = root["publisher"] = {"@id": AUTHORS}
    root["conformsTo"] = {"@id": PROFILE}
    root["citation"] = [{"@id": f"https://doi.org/{paper.doi}"} for paper in PAPERS.values()]
    crate.datePublished = _end(max(records, key=_end))  # no clock: the same records, the same crate


def _add_rules(crate: ROCrate) -> None:
    """Add what the records are read and judged by: the schemas and the ledger of claims."""
    for version in manifests.READABLE:
        path = Path(str(resources.files("incontext.records") / "schema"))
        name = f"schema/manifest-v{version}.json"
        _add_file(crate, path / Path(name).name, name, f"JSON schema of manifests, {version}")
    _add_file(crate, ledger_path(), "ledger.toml", "Claims of the papers with bounds and reasons")


def _add_record(crate: ROCrate, record: Manifest, data: Path) -> None:
    name = f"{record.experiment}/{record.preset}"
    place, directory = f"data/reports/{name}", data / "reports" / name
    files = [_add_file(crate, directory / one, f"{place}/{one}", one) for one in record.files]
    made_by = _add_file(crate, directory / manifests.NAME, f"{place}/{manifests.NAME}", "manifest")
    made_by["conformsTo"] = {"@id": f"schema/manifest-v{record.schema_version}.json"}
    dataset: Any = crate.add_dataset(dest_path=place, properties=_about(record, name))
    dataset["hasPart"] = [*files, made_by]
    action = _add(
        crate,
        f"#run-{record.experiment}-{record.preset}",
        "CreateAction",
        name=f"Run of {name}",
        description=_description(record),
        startTime=record.started.replace("Z", "+00:00"),
        endTime=_end(record),
        actionStatus="http://schema.org/CompletedActionStatus",
        agent={"@id": AUTHORS},
        instrument={"@id": _software(crate, record)},
        object=[{"@id": one} for one in [*_inputs(crate, record), *_networks(crate, record, data)]],
        result=[dataset, *files, made_by],
    )
    crate.root_dataset.append_to("mentions", action)


def _about(record: Manifest, name: str) -> dict[str, Any]:
    return {
        "name": f"Record {name}",
        "description": f"Tables, trained weights and manifest of {name}.",
        "identifier": f"sha256:{record.checksum}",
        "dateCreated": _end(record),
        "license": {"@id": DATA_LICENSE},
    }


def _description(record: Manifest) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    return (
        f"{provenance.command(record)}, {len(record.seeds)} seeds; on {record.device['count']} x "
        f"{record.device['kind']}, {record.cpu}; {record.precision}; {versions}; "
        f"{record.wall_seconds:.0f} s"
    )


def _software(crate: ROCrate, record: Manifest) -> str:
    """Add the package as it was when it made a record, once; return its identifier."""
    commit, changed = record.git["commit"], record.git["dirty"]
    state = f"commit {commit}{', with changes' if changed else ''}" if commit else "no commit known"
    version = f"{record.versions['incontext']}, {state}"
    address = os.environ.get("INCONTEXT_REPOSITORY", "")
    identifier = f"{address}#incontext-{(commit or 'unknown')[:12]}{'-changed' if changed else ''}"
    if crate.dereference(identifier) is None:
        about = {"name": "incontext", "softwareVersion": version, "license": {"@id": CODE_LICENSE}}
        about |= {"url": address} if address else {}
        _add(crate, identifier, "SoftwareApplication", **about)
    return identifier


def _inputs(crate: ROCrate, record: Manifest) -> Iterator[str]:
    """Add preset, seeds and every number of the configuration as inputs of a run."""
    values = {"preset": record.preset, "seeds": list(record.seeds)}
    for name, value in _flat(record.config).items():  # a sweep has a preset and seeds of its own
        values[f"config.{name}" if name in values else name] = value
    for name, value in values.items():
        identifier = f"#{record.experiment}-{record.preset}-{name}"
        _add(crate, identifier, "PropertyValue", name=name, value=_text(value))
        yield identifier


def _networks(crate: ROCrate, record: Manifest, data: Path) -> Iterator[str]:
    """Add the networks that a report measured, each once, as inputs of the run.

    Raises: Refusal if one is not what was written.
    """
    for name in record.networks:
        place = f"networks/{name}.safetensors"
        if crate.dereference(f"data/{place}") is None:
            read(data / place)
            _add_file(crate, data / place, f"data/{place}", f"trained network {name}")
        yield f"data/{place}"


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found = {}
    for name, value in config.items():
        inner = _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {}
        found |= inner or {f"{prefix}{name}": value}
    return found


def _text(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _add_checkout(crate: ROCrate, checkout: Path) -> None:
    for name, kind in TEXTS.items():
        if (checkout / name).is_file():
            _add_file(crate, checkout / name, name, name, encodingFormat=kind)
    for path in sorted((checkout / "chapters").glob("*.md")):
        _add_file(crate, path, f"chapters/{path.name}", path.stem)
    about = {
        "name": "Source of the package",
        "description": "The library that trains, checks and draws the records.",
        "license": {"@id": CODE_LICENSE},
    }
    crate.add_dataset(checkout / "src" / "incontext", "src/incontext", properties=about)


def _add_file(crate: ROCrate, source: Path, place: str, name: str, **properties: str) -> Any:  # noqa: ANN401
    content = source.read_bytes()
    found = {
        "name": name,
        "contentSize": str(len(content)),
        "sha256": manifests.sha256(content),
        "encodingFormat": FORMATS.get(source.suffix, "text/plain"),
    }
    return crate.add_file(source, place, properties=found | properties)


def _add(crate: ROCrate, identifier: str, kind: str, /, **properties: Any) -> Any:  # noqa: ANN401
    about = {"@type": kind, **properties}
    entity = ContextEntity(crate, identifier, properties=about)
    return crate.add(entity)


def _end(record: Manifest) -> str:
    """Return when a run ended, in ISO 8601; interruptions are not in its duration."""
    started = datetime.fromisoformat(record.started)
    return (started + timedelta(seconds=round(record.wall_seconds))).isoformat()
