"""Start a command and turn every error into one sentence and an exit status."""

import os
import sys
from collections.abc import Sequence

FAILED, MISUSED, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done. 1: a claim, record or run failed. 2: a name or option does not exist.
    130: interrupted.
    """
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        reason = error.strerror or str(error)
        return _say(f"{place}{reason}; name another directory or make room there", FAILED)
    except Exception as error:
        status = _status_of(error)
        if status is None or os.environ.get("INCONTEXT_DEBUG"):
            raise
        return _say(_sentence(error), status)


def _dispatch(arguments: Sequence[str] | None) -> int:
    from typer.main import get_command

    from incontext.cli.app import app

    command = get_command(app)
    given = sys.argv[1:] if arguments is None else list(arguments)
    status = command.main(args=given or ["--help"], prog_name="incontext", standalone_mode=False)
    return status if isinstance(status, int) else 0


def _status_of(error: Exception) -> int | None:
    """Return the exit status of an error that the user can mend; None for a defect of ours."""
    from incontext.cli.errors import InterruptedRunError, UsageError

    if hasattr(error, "format_message"):  # typer's own errors of usage
        return MISUSED
    if isinstance(error, UsageError):
        return MISUSED
    if isinstance(error, InterruptedRunError) or type(error).__name__ == "Abort":  # typer's own
        return INTERRUPTED
    # A diverged training and an unfit checkpoint are RuntimeErrors of the training room, which
    # must not be imported here only to be compared with.
    known = type(error).__module__.startswith("incontext.")
    return FAILED if known or isinstance(error, ValueError) else None


def _sentence(error: Exception) -> str:
    explain = getattr(error, "format_message", None)
    if explain is not None:
        return f"{explain().rstrip('.')}; see 'incontext --help'"
    return str(error) or "interrupted"


def _say(sentence: str, status: int) -> int:
    print(f"incontext: {' '.join(sentence.split())}", file=sys.stderr)
    return status
