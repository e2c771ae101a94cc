"""What made a number: versions, machine, source, moment."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("jax", "jaxlib", "dm-haiku", "optax", "numpy")
CUDA = ("jax-cuda", "nvidia-")
GIT_SCOPE = ("src", "pyproject.toml", "requirements.lock")  # what makes the numbers


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Versions of Python and of the packages that make the numbers.

    On a machine with a GPU, also those of the packages that bring CUDA.
    """
    found = {package: metadata.version(package) for package in packages}
    return {"python": platform.python_version()} | found | dict(_cuda())


@cache  # it reads every package that is installed
def _cuda() -> tuple[tuple[str, str], ...]:
    names = {one.name: one.version for one in metadata.distributions() if one.name}
    return tuple((name, names[name]) for name in sorted(names) if name.startswith(CUDA))


def device() -> dict[str, Any]:
    """Platform, kind and count of the devices that JAX computes on."""
    import jax

    devices = jax.devices()
    return {
        "platform": devices[0].platform,
        "kind": devices[0].device_kind,
        "count": len(devices),
    }


def cpu() -> str:
    """Model of the processor and its number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.processor() or platform.machine() or "unknown"
    return f"{model}, {os.cpu_count()} cores"


def git(root: Path | None) -> dict[str, Any]:
    """Commit of a checkout and whether its source differs from it; None where unknown.

    Only src, the project file and the lock count: they make the numbers.
    """
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None}
    changes = _git(root, "status", "--porcelain", "--", *GIT_SCOPE)
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def now() -> str:
    """Time of day in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _git(root: Path | None, *arguments: str) -> str | None:
    if root is None:
        return None
    # This source runs already, so a checkout of another owner is as trusted as its own.
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), "--no-optional-locks"]
    command += arguments
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
