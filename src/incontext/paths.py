"""Where the project's files are: found when asked, never at import."""

import os
from pathlib import Path


def repository_root() -> Path | None:
    """Return the root of the checkout this package is run from, or None when it is installed."""
    root = Path(__file__).resolve().parents[2]
    is_checkout = (root / "pyproject.toml").is_file() and (root / "src" / "incontext").is_dir()
    return root if is_checkout else None


def data_directory() -> Path:
    """Return the directory of recorded results.

    `INCONTEXT_DATA` if it is set, else the checkout's `data/`, else the copy in the installed
    package.
    """
    chosen = os.environ.get("INCONTEXT_DATA")
    if chosen:
        return Path(chosen)
    root = repository_root()
    return root / "data" if root else Path(__file__).resolve().parent / "_data"


def is_data_chosen() -> bool:
    """Return whether the directory of recorded results was named by whoever runs this."""
    return bool(os.environ.get("INCONTEXT_DATA"))


def reports_directory() -> Path:
    """Return the directory of reports, <data>/reports/<experiment>/<preset>/."""
    return data_directory() / "reports"


def networks_directory() -> Path:
    """Return the directory of trained networks, <data>/networks/<name>-<digest>/."""
    return data_directory() / "networks"


def corpora_directory() -> Path:
    """Return the directory of texts to learn from, which come with the project wherever it is."""
    root = repository_root()
    return (root / "data" if root else Path(__file__).resolve().parent / "_data") / "corpora"


def build_directory() -> Path:
    """Return the directory for everything that can be made again.

    `INCONTEXT_BUILD` if it is set, else `_build` in the checkout, else `_build` where the
    command was started.
    """
    chosen = os.environ.get("INCONTEXT_BUILD")
    if chosen:
        return Path(chosen)
    return (repository_root() or Path.cwd()) / "_build"
