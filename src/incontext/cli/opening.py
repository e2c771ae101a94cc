"""What a person sees while libraries are imported; imports nothing heavy itself."""

import sys


def announce(sentence: str) -> None:
    """Say on a terminal what is about to happen; elsewhere keep silent, as all progress does."""
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr, flush=True)
