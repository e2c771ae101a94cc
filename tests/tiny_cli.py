"""The command `incontext` with the tiny experiment: `python tiny_cli.py run tiny`.

Checkpoints are written after every chunk, so that a run can be stopped anywhere. Announces on
standard error when training begins.
"""

import os
import sys

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

    original = tiny_experiment.EXPERIMENT.run

    def announced(config, *, seeds, workspace=None):
        print("training", file=sys.stderr, flush=True)
        return original(config, seeds=seeds, workspace=workspace)

    announced.__module__ = original.__module__
    object.__setattr__(tiny_experiment.EXPERIMENT, "run", announced)


if __name__ == "__main__":
    register()
    if os.environ.get("TINY_ANNOUNCE"):
        announce_training()
    sys.exit(main())
