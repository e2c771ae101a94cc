"""Record variants of one result again and again: `python recorder.py ROOT NAME TIMES`.

Prints "recording", then "won" or "lost" for each attempt. Needs no JAX.
"""

import sys
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
    print("recording", flush=True)
    for _ in range(times):
        try:
            records.save(chosen, origin, root=root)
            print("won", flush=True)
        except RecordError as error:
            print("lost" if "already" in str(error) else f"failed {error}", flush=True)


if __name__ == "__main__":
    main()
