"""The errors that a user of the command can cause."""

from collections.abc import Iterable


class UsageError(Exception):
    """A name or option that the command cannot follow: exit status 2."""


class InterruptedRunError(Exception):
    """A run that was stopped and can be resumed; the message says how: exit status 130."""


def unknown(kind: str, name: str, valid: Iterable[str]) -> UsageError:
    """Return the error for a name that does not exist, listing those that do."""
    listed = ", ".join(valid) or "none yet"
    return UsageError(f"there is no {kind} {name!r}; valid names are: {listed}")
