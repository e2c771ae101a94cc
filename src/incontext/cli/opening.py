"""What a person sees while libraries are imported; imports nothing heavy itself."""

import signal
import sys
from types import FrameType
from typing import NoReturn


def stop(number: int, frame: FrameType | None) -> NoReturn:
    """Handle the first SIGINT or SIGTERM; further ones would only interrupt the ending.

    Raises: KeyboardInterrupt.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def announce(sentence: str) -> None:
    """Say on a terminal what is about to happen; elsewhere keep silent, as all progress does."""
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr, flush=True)
