"""Executable companion to two papers on how Transformers learn in context."""

from importlib.metadata import version as _version

__version__ = _version("incontext")
