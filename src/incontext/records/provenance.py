"""What made a result: configuration, source, versions, machine, moment."""

import ast
import math
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from incontext.records.errors import RecordError
from incontext.records.manifest import hash_json
from incontext.records.types import Manifest

PACKAGES = ("incontext", "jax", "jaxlib", "dm-haiku", "optax", "numpy", "pandas")
SCIENCE = ("tasks", "baselines", "models", "training", "analysis", "experiments")
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


def source_files(module: str) -> list[Path]:
    """Return the source files of the science rooms that a module imports, itself included.

    Imports are followed by reading the source, so nothing is run. Sorted by path.
    """
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [one for one in _imports(path) if _is_science(one)]
    return sorted(found.values())


def source_hash(module: str) -> str:
    """Return the SHA-256 over the names and contents of `source_files(module)`.

    Raises: RecordError if the module has no source file beside this package.
    """
    if _path_of(module) is None:
        raise RecordError(f"the source of {module} is not under {_source_root().name}/")
    contents = {
        path.relative_to(_source_root()).as_posix(): path.read_text("utf-8")
        for path in source_files(module)
    }
    return hash_json(contents)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make the numbers."""
    return {"python": platform.python_version()} | {
        package: metadata.version(package) for package in PACKAGES
    }


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
) -> Manifest:
    """Return the manifest of a run that starts now: all but duration, files and tables."""
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
        source_hash=source_hash(module),
    )


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
    """Return what has to be the same for the same numbers to the last bit, the source apart."""
    return {
        "versions": dict(manifest.versions),
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


def _is_science(module: str) -> bool:
    parts = module.split(".")
    return parts[0] == "incontext" and len(parts) > 1 and parts[1] in SCIENCE


def _path_of(module: str) -> Path | None:
    """Return the file of a module, without importing it; None if it is none."""
    base = _source_root() / Path(*module.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _source_root() -> Path:
    return Path(__file__).resolve().parents[2]


def _imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports.

    A name imported from a package is the module of that name if there is one, else the package:
    so the registry of experiments does not count as source of every experiment.
    """
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _path_of(inner) else node.module
