"""The command `incontext`: thin commands over the library, every error one sentence.

Nothing heavy is imported before a command needs it, so that `incontext --help` is immediate.
"""

from incontext.cli.main import main

__all__ = ["main"]
