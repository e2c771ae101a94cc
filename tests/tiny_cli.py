"""The command `incontext` with the tiny experiment: `python tiny_cli.py run tiny`.

With TINY_ANNOUNCE set, unfinished trainings are saved after every chunk, so that a run can be
stopped anywhere, and standard error says when a training begins ("training"). If TINY_MARK is n it
says when this process saves for the n-th time ("marked"); if TINY_WAIT is set it then waits.
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


def announce(marked, *, wait):
    """Say on standard error when a training begins and when one was saved so many times."""
    from incontext.networks import recorder
    from incontext.networks.store import Store

    fit, save, count = recorder.fit, Store.save_unfinished, itertools.count(1)

    def fit_and_say(*arguments, **options):
        print("training", file=sys.stderr, flush=True)
        return fit(*arguments, **options)

    def save_and_say(self, *arguments):
        save(self, *arguments)
        if next(count) == marked:
            print("marked", file=sys.stderr, flush=True)
            if wait:
                time.sleep(3600)

    recorder.SECONDS_BETWEEN_SAVES = 0.0
    recorder.fit, Store.save_unfinished = fit_and_say, save_and_say


if __name__ == "__main__":
    register()
    if os.environ.get("TINY_ANNOUNCE"):
        announce(int(os.environ.get("TINY_MARK", "0")), wait=bool(os.environ.get("TINY_WAIT")))
    sys.exit(main())
