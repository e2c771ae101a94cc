"""Retrains every experiment, draws the book from the new results and checks the claims.

Run by `make reproduce PRESET=laptop|paper`. Results and book go to _build/reproduce/PRESET;
the recorded results under data/ stay as they are. The sweeps that the book draws have settings of
their own and are trained at any preset.
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
        status = subprocess.run(step).returncode
        if status != 0:
            sys.exit(status)


def steps(build: Path, preset: str) -> list[list[str]]:
    """The commands, in order: the preset of every experiment, every sweep, the book, the claims."""
    swept = sorted({(one.experiment, one.sweep) for one in figures.ENTRIES if one.sweep})
    sweeps = [
        retrain(build, f"experiments={experiment}", f"sweep={HERE.parent / 'sweeps' / name}.yaml")
        for experiment, name in swept
    ]
    return [retrain(build, f"preset={preset}"), *sweeps, draw(build), judge(preset)]


def retrain(build: Path, *what: str) -> list[str]:
    """The command that trains whatever is not trained yet with the present code."""
    graph = [sys.executable, "-m", "snakemake", "results", "--snakefile", str(HERE / "Snakefile")]
    options = ["--directory", str(build), "--cores", "2", "--rerun-triggers", "mtime", "--nolock"]
    return [*graph, *options, "--quiet", "all", "--config", f"build={build}", *what]


def draw(build: Path) -> list[str]:
    """The command that makes the book from those results."""
    return [sys.executable, str(HERE / "make_book.py"), "--build", str(build)]


def judge(preset: str) -> list[str]:
    """The command that evaluates the claims on those results."""
    return [str(Path(sys.executable).with_name("incontext")), "claims", "--preset", preset]


if __name__ == "__main__":
    main()
