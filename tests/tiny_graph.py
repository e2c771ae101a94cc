"""Snakemake with the tiny experiment, so that a graph can read sweeps of it."""

import sys

from snakemake.cli import main
from tiny_cli import register

if __name__ == "__main__":
    register()
    main(sys.argv[1:])
