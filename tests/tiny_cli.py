"""The command `incontext` with the tiny experiment: `python tiny_cli.py run tiny`.

Checkpoints are written after every chunk, so that a run can be stopped anywhere. Announces on
standard error when training begins ("training") and, if TINY_MARK is n, when the n-th checkpoint
of this process is written ("marked"); if TINY_WAIT is set it then waits to be stopped.
"""

import itertools
import os
import sys
import time

from incontext import experiments
from incontext.cli import main


def register():
    """Add the tiny experiment to the registry of this process."""
    experiments.MODULES["tiny"] = "tiny_experiment"


def announce_training():
    """Say on standard error when training begins, and write a checkpoint after every chunk."""
    from incontext.training import loop

    loop._SECONDS_BETWEEN_CHECKPOINTS = 0.0
    import tiny_experiment

    original = tiny_experiment.EXPERIMENT.train

    def announced(config, *, seeds, workspace):
        print("training", file=sys.stderr, flush=True)
        return original(config, seeds=seeds, workspace=workspace)

    announced.__module__ = original.__module__
    object.__setattr__(tiny_experiment.EXPERIMENT, "train", announced)


def announce_checkpoint(wanted, *, wait):
    """Say on standard error when so many checkpoints are written, and wait there if asked to."""
    from incontext.training.checkpoints import Checkpoint

    original, count = Checkpoint.save, itertools.count(1)

    def save(self, arrays, seeds, step):
        original(self, arrays, seeds, step)
        if next(count) == wanted:
            print("marked", file=sys.stderr, flush=True)
            if wait:
                time.sleep(3600)

    Checkpoint.save = save


if __name__ == "__main__":
    register()
    if os.environ.get("TINY_ANNOUNCE"):
        announce_training()
    if os.environ.get("TINY_MARK"):
        announce_checkpoint(int(os.environ["TINY_MARK"]), wait=bool(os.environ.get("TINY_WAIT")))
    sys.exit(main())
