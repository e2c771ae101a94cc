"""Retrains every experiment, draws the book from the new results and checks the claims.

Run by `make reproduce PRESET=laptop|paper`. Results and book go to _build/reproduce/PRESET; data/
stays as it is. The sweeps that the book draws have settings of their own at any preset.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from incontext import figures

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Retrain, draw, judge; the exit status is that of the first step that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", required=True, choices=("smoke", "laptop", "paper"))
    preset = parser.parse_args().preset
    build = HERE.parent / "_build" / "reproduce" / preset
    build.mkdir(parents=True, exist_ok=True)
    os.environ["INCONTEXT_DATA"] = str(build / "results")
    for step in steps(build, preset):
        if status := subprocess.run(step).returncode:
            sys.exit(status)


def steps(build: Path, preset: str) -> list[list[str]]:
    """The commands, in order: the preset of every experiment, every sweep, the book, the claims."""
    swept = sorted({(one.experiment, one.sweep) for one in figures.ENTRIES if one.sweep})
    files = {name: HERE.parent / "sweeps" / f"{name}.yaml" for _, name in swept}
    return [
        retrain(build, f"preset={preset}"),
        *(retrain(build, f"experiments={one}", f"sweeps={files[name]}") for one, name in swept),
        [sys.executable, str(HERE / "make_book.py"), "--build", str(build)],
        [str(Path(sys.executable).with_name("incontext")), "claims", "--preset", preset],
    ]


def retrain(build: Path, *what: str) -> list[str]:
    """The command that trains what is not trained yet and measures what is not measured yet."""
    graph = [sys.executable, "-m", "snakemake", "results", "--snakefile", str(HERE / "Snakefile")]
    options = ["--directory", str(build), "--cores", "2", "--rerun-triggers", "mtime", "--nolock"]
    return [*graph, *options, "--quiet", "all", "--config", f"build={build}", *what]


if __name__ == "__main__":
    main()
