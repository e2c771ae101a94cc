"""Executable companion to two papers on how Transformers learn in context."""


def __getattr__(name: str) -> str:
    """Return `__version__`, which is only looked up when asked for."""
    if name != "__version__":
        raise AttributeError(f"incontext has no attribute {name!r}")
    from importlib.metadata import version

    return version("incontext")
