"""What made a result: configuration, source, versions, machine, moment."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from incontext.presets import record_command
from incontext.provenance import hash_json, plain
from incontext.provenance.machine import PACKAGES as NETWORK_PACKAGES
from incontext.provenance.machine import cpu, device, git, now, versions
from incontext.provenance.source import sources
from incontext.records.types import Manifest

PACKAGES = ("incontext", *NETWORK_PACKAGES, "pandas")


def changed(module: str, manifest: Manifest) -> list[str]:
    """Return the source files of a module that are not those which made a record, sorted.

    All of them where the manifest is of version 1, which names none.

    Raises: Refusal if the module has no source file beside this package.
    """
    today = sources(module)
    return sorted(name for name in today if today[name] != manifest.sources.get(name))


def precision() -> str:
    """Return the precision that JAX multiplies matrices with, and its default float type."""
    import jax

    wide = "float64" if jax.config.jax_enable_x64 else "float32"  # pyright: ignore
    return f"{wide}, matrix products {jax.config.jax_default_matmul_precision or 'default'}"


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
    values, found = plain(config), sources(module)
    return Manifest(
        experiment=experiment,
        preset=preset,
        config=values,
        config_hash=hash_json(values),
        seeds=tuple(seeds),
        versions=versions(PACKAGES),
        device=device(),
        cpu=cpu(),
        precision=precision(),
        git=git(repository),
        started=now(),
        wall_seconds=0.0,
        source_hash=hash_json(found),
        sources=found,
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
