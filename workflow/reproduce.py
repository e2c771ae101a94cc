"""Retrains every experiment, draws the book from the new results and checks the claims.

Run by `make reproduce PRESET=laptop|paper`. Results and book go to _build/reproduce/PRESET;
the recorded results under data/ stay as they are.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Retrain, draw, judge; the exit status is that of the first step that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", required=True, choices=("smoke", "laptop", "paper"))
    preset = parser.parse_args().preset
    build = HERE.parent / "_build" / "reproduce" / preset
    build.mkdir(parents=True, exist_ok=True)
    os.environ["INCONTEXT_DATA"] = str(build / "results")
    for step in (retrain(build, preset), draw(build), judge(preset)):
        status = subprocess.run(step).returncode
        if status != 0:
            sys.exit(status)


def retrain(build: Path, preset: str) -> list[str]:
    """The command that trains whatever is not trained yet with the present code."""
    graph = [sys.executable, "-m", "snakemake", "results", "--snakefile", str(HERE / "Snakefile")]
    options = ["--directory", str(build), "--cores", "2", "--rerun-triggers", "mtime", "--nolock"]
    return [*graph, *options, "--quiet", "all", "--config", f"build={build}", f"preset={preset}"]


def draw(build: Path) -> list[str]:
    """The command that makes the book from those results."""
    return [sys.executable, str(HERE / "make_book.py"), "--build", str(build)]


def judge(preset: str) -> list[str]:
    """The command that evaluates the claims on those results."""
    return [str(Path(sys.executable).with_name("incontext")), "claims", "--preset", preset]


if __name__ == "__main__":
    main()
