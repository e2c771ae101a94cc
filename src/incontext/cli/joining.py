"""Several processes, each with devices of its own, that train one run together."""

import os
import re

import jax

from incontext.cli.errors import UsageError

FORM = re.compile(r"(?P<index>\d+)/(?P<count>\d+)@(?P<address>\S+:\d+)")


def join(process: str) -> None:
    """Make the devices of all processes of a run visible to each of them.

    process: I/N@HOST:PORT, this process's number from 0, how many there are, and where process 0
        listens.

    Raises: UsageError if it has another form or the number is not below the count.
    """
    found = FORM.fullmatch(process)
    if found is None or int(found["index"]) >= int(found["count"]):
        raise UsageError(
            f"--process is {process!r}; it must be I/N@HOST:PORT with I from 0 to N - 1, such as "
            "0/2@localhost:9911"
        )
    jax.distributed.initialize(found["address"], int(found["count"]), int(found["index"]))


def join_srun() -> None:
    """Do the same with what `srun` says, where it started several processes."""
    tasks = os.environ.get("SLURM_STEP_NUM_TASKS", "1")
    if "SLURM_PROCID" in os.environ and tasks.isdigit() and int(tasks) > 1:
        jax.distributed.initialize()
