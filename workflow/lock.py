"""Resolves pyproject.toml into requirements.lock, and repeats its pins in environment.yml.

Run by `make lock`. The resolver (uv) is installed for this run only.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / "environment.yml"
EXTRAS = ("cli", "book", "test")  # what `make setup` installs
RESOLVER = "uv==0.13.9"
PIN = re.compile(r"^([A-Za-z0-9._-]+==\S+)(?: ; (.+?))?(?: \\)?$")
HEADER = """\
# The pins of requirements.lock for conda and mamba: conda brings Python, pip the packages.
# Written by `make lock`; a test holds it to the lock.
#   conda env create --file environment.yml && conda activate incontext
name: incontext
channels:
  - conda-forge
dependencies:
  - python=3.13
  - pip
  - pip:
"""


def main() -> None:
    """Write both files; keep the old ones if the resolver fails."""
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([sys.executable, "-m", "venv", scratch], check=True)
        python = Path(scratch, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", RESOLVER], check=True)
        extras = [part for name in EXTRAS for part in ("--extra", name)]
        options = [*extras, "--universal", "--python-version", "3.12"]
        style = ["--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
        command = [python, "-m", "uv", "pip", "compile", "pyproject.toml", *options, *style]
        subprocess.run(
            [*command, "--output-file", LOCK.name], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
    ENVIRONMENT.write_text(environment(pins(LOCK.read_text())))


def pins(lock: str) -> list[str]:
    """The requirements of a lock without their hashes, with their markers."""
    matches = (PIN.match(line) for line in lock.splitlines())
    return [f"{m[1]} ; {m[2]}" if m[2] else m[1] for m in matches if m]


def environment(requirements: list[str]) -> str:
    """The text of environment.yml: these requirements and the package itself."""
    lines = [f"    - {quoted(requirement)}" for requirement in [*requirements, "--editable ."]]
    return HEADER + "\n".join(lines) + "\n"


def quoted(requirement: str) -> str:
    """The requirement as a YAML scalar; a marker holds characters that need quotes."""
    return f'"{requirement}"' if ";" in requirement else requirement


if __name__ == "__main__":
    main()
