"""Record variants of one result again and again: `python recorder.py ROOT NAME TIMES`.

Says "recording" at the start, and at the end how often it won and how often another one was
recording. Goes on until it has won TIMES. Needs no JAX.
"""

import sys
import time
from pathlib import Path

import numpy as np
from record_samples import manifest, metrics

from incontext import records
from incontext.records import RecordError, Result


def variant(name):
    """A result whose every file tells which recorder wrote it."""
    number = float(name)
    return Result(
        {"metrics": metrics({"loss": [number] * 3}), "again": metrics({"loss": [number] * 3000})},
        {"weights": np.full((100, 100), number)},
    )


def main():
    root, name, times = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    chosen, origin = variant(name), manifest(cpu=f"recorder {name}")
    print("ready", flush=True)
    sys.stdin.readline()  # until all are
    won = lost = 0
    while won < times:
        try:
            records.save(chosen, origin, root=root)
            won += 1
        except RecordError as error:
            if "already" not in str(error):
                raise
            lost += 1
            time.sleep(0.01)
    print(won, lost, flush=True)


if __name__ == "__main__":
    main()
