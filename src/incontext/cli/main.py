"""Start a command and turn every error into one sentence and an exit status."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from incontext.cli.opening import stop

FAILED, MISUSED, INTERRUPTED = 1, 2, 130
EXTRAS = {
    **dict.fromkeys(("typer", "rich", "pydantic", "ruamel"), "cli"),
    **dict.fromkeys(("matplotlib", "seaborn", "rocrate"), "cli,book"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: done. 1: a claim, record or run failed. 2: a name or option does not exist.
    130: interrupted.
    """
    _prepare_output()
    _prepare_signals(whole_process=arguments is None)
    if sys.platform == "win32" or sys.flags.optimize > 1:  # no file locks; no docstrings for Haiku
        return _say("use Linux, macOS or WSL, and PYTHONOPTIMIZE of at most 1", FAILED)
    try:
        return _dispatch(arguments)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = error.filename2 or error.filename  # of two, the file that is written
        place = f"{where}: " if where else ""
        reason = error.strerror or str(error)
        return _say(f"{place}{reason}; name another directory or make room there", FAILED)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        sentence = f"this needs {error.name}; install it with: pip install 'incontext[{extra}]'"
        return _say(sentence, FAILED)
    except Exception as error:
        status = _status_of(error)
        if status is None or os.environ.get("INCONTEXT_DEBUG"):
            raise
        return _say(_sentence(error), status)


def _prepare_output() -> None:
    """Write to nowhere what was closed, and what a terminal has no signs for as escapes."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _prepare_signals(*, whole_process: bool) -> None:
    """Let Ctrl-C end the command once, however often it is pressed; a shell may have it ignored."""
    if whole_process and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)


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
    from incontext.errors import Refusal

    return FAILED if isinstance(error, Refusal) else None


def _sentence(error: Exception) -> str:
    explain = getattr(error, "format_message", None)
    if explain is not None:
        return f"{explain().rstrip('.')}; see 'incontext --help'"
    return str(error) or "interrupted"


def _say(sentence: str, status: int) -> int:
    line = " ".join(sentence.split())
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in line)
    print(f"incontext: {shown}", file=sys.stderr)
    return status
