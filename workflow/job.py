"""Runs one command of a workflow with as many threads as its job was given.

Run as `python workflow/job.py --threads N --work DIR --compiled DIR -- COMMAND...`. XLA starts as
many threads as the machine has cores, so that jobs side by side would get in each other's way; it
and the linear algebra of NumPy are told the number here. What is compiled is kept for the next job,
apart for every kind of processor, because code for one may not run on another.
"""

import argparse
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

THREADS = (
    "NPROC",  # XLA, as it names its threads on a CPU
    "PJRT_NPROC",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def main() -> None:
    """Become the command, with its environment set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--compiled", type=Path, required=True)
    parser.add_argument("command", nargs="+")
    found = parser.parse_args()
    variables = environment(found.threads, found.work, found.compiled, os.environ)
    os.execvpe(found.command[0], found.command, variables)


def environment(
    threads: int, work: Path, compiled: Path, inherited: Mapping[str, str]
) -> dict[str, str]:
    """The variables of a job: its threads, where unfinished work lies, what was compiled before."""
    chosen = {name: str(threads) for name in THREADS} | {"INCONTEXT_BUILD": str(work)}
    cache = {"JAX_COMPILATION_CACHE_DIR": str(compiled / processor())}
    return {**cache, **inherited, **chosen}


def processor() -> str:
    """A name for the kind of processor that this is: the same for machines that share code."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return os.uname().machine
    kind = sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    return hashlib.sha256("\n".join(kind).encode()).hexdigest()[:12]


if __name__ == "__main__":
    main()
