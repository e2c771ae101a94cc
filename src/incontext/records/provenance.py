"""What made a result: configuration, source, versions, machine, moment."""

import math
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from incontext.presets import record_command
from incontext.records.errors import RecordError
from incontext.records.manifest import hash_json
from incontext.records.source import source_hash, sources
from incontext.records.types import SCHEMA_VERSION, Manifest

PACKAGES = ("incontext", "jax", "jaxlib", "dm-haiku", "optax", "numpy", "pandas")
CUDA = ("jax-cuda", "nvidia-")
GIT_SCOPE = ("src", "pyproject.toml", "requirements.lock")  # what makes the numbers


def plain(config: object) -> Any:  # noqa: ANN401 - any JSON value
    """Return a configuration as JSON values; a dataclass also names its class.

    Raises: RecordError for a value that has no one JSON text.
    """
    if is_dataclass(config) and not isinstance(config, type):
        inner = {field.name: plain(getattr(config, field.name)) for field in fields(config)}
        return {"class": type(config).__name__, **inner}
    if isinstance(config, Mapping) and all(isinstance(key, str) for key in config):
        return {key: plain(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [plain(value) for value in config]
    if isinstance(config, float) and math.isfinite(config):
        return config
    if config is None or isinstance(config, bool | int | str):
        return config
    raise RecordError(
        f"the configuration holds {config!r}, which JSON cannot; "
        "use frozen dataclasses of numbers, texts and tuples"
    )


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make the numbers.

    On a machine with a GPU, also those of the packages that bring CUDA.
    """
    found = {package: metadata.version(package) for package in PACKAGES}
    names = {one.name: one.version for one in metadata.distributions() if one.name}
    found |= {name: names[name] for name in sorted(names) if name.startswith(CUDA)}
    return {"python": platform.python_version()} | found


def device() -> dict[str, Any]:
    """Return platform, kind and count of the devices that JAX computes on."""
    import jax

    devices = jax.devices()
    return {
        "platform": devices[0].platform,
        "kind": devices[0].device_kind,
        "count": len(devices),
    }


def precision() -> str:
    """Return the precision that JAX multiplies matrices with, and its default float type."""
    import jax

    wide = "float64" if jax.config.jax_enable_x64 else "float32"  # pyright: ignore
    return f"{wide}, matrix products {jax.config.jax_default_matmul_precision or 'default'}"


def cpu() -> str:
    """Return the model of the processor and its number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine() or "unknown"
    return f"{model}, {os.cpu_count()} cores"


def git(root: Path | None) -> dict[str, Any]:
    """Return the commit of a checkout and whether its source differs from it; None where unknown.

    Only src, the project file and the lock count: they make the numbers.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None}
    changes = _git(root, "status", "--porcelain", "--", *GIT_SCOPE)
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def now() -> str:
    """Return the time of day in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe(
    experiment: str,
    preset: str,
    config: object,
    *,
    module: str,
    seeds: Sequence[int],
    repository: Path | None,
    schema_version: int = SCHEMA_VERSION,
) -> Manifest:
    """Return the manifest of a run that starts now: all but duration, files and tables.

    schema_version: an earlier one, to compare with a record of that version.
    """
    values = plain(config)
    return Manifest(
        experiment=experiment,
        preset=preset,
        config=values,
        config_hash=hash_json(values),
        seeds=tuple(seeds),
        versions=versions(),
        device=device(),
        cpu=cpu(),
        precision=precision(),
        git=git(repository),
        started=now(),
        wall_seconds=0.0,
        source_hash=source_hash(module, schema_version),
        sources={} if schema_version == 1 else sources(module),
        schema_version=schema_version,
    )


def is_sweep(manifest: Manifest) -> bool:
    """Return whether a record is of many configurations, as the file of a sweep lists them."""
    return manifest.config.get("class") == "Sweep"


def command(manifest: Manifest) -> str:
    """Return the command that makes a record."""
    return record_command(manifest.experiment, manifest.preset)


def fingerprint(manifest: Manifest) -> str:
    """Return a hash of everything that decides the numbers of a run, and of nothing else."""
    return hash_json(
        {
            "experiment": manifest.experiment,
            "config": manifest.config_hash,
            "seeds": list(manifest.seeds),
            "source": manifest.source_hash,
            "machine": machine(manifest),
        }
    )


def machine(manifest: Manifest) -> dict[str, Any]:
    """Return what has to be the same for the same numbers to the last bit, the source apart.

    The version of this package is no part of it: its source is compared itself.
    """
    versions = {name: one for name, one in manifest.versions.items() if name != "incontext"}
    return {
        "versions": versions,
        "device": dict(manifest.device),
        "cpu": manifest.cpu,
        "precision": manifest.precision,
    }


def _git(root: Path | None, *arguments: str) -> str | None:
    if root is None:
        return None
    command = ["git", "-C", str(root), "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
