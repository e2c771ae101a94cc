"""Checks that need a network, or tools that do not fit beside the locked packages: `make audit`.

Known vulnerabilities of every locked package, CITATION.cff, the RO-Crate of all records.  Each tool
gets an environment that is thrown away.  Exit 1 if one finds something, or could not look.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKS = {  # what is checked: the package that brings the tool, and its command line
    "vulnerabilities": (
        "pip-audit==2.10.1",
        "pip-audit --strict --requirement requirements.lock --no-deps --disable-pip",
    ),
    "citation": ("cffconvert==2.0.0", "cffconvert --validate --infile CITATION.cff"),
    "crate": (
        "roc-validator==0.13.0",
        "rocrate-validator --no-interactive validate --no-paging "
        "--profile-identifier process-run-crate",
    ),
}
LAST_LINES = 15


def main() -> None:
    """Run every check and say which of them did not pass."""
    with tempfile.TemporaryDirectory() as scratch:
        crate = Path(scratch, "crate")
        incontext = Path(sys.executable).with_name("incontext")
        subprocess.run([incontext, "crate", "--out", crate], check=True, stdout=subprocess.DEVNULL)
        failed = [
            name
            for name, (package, line) in CHECKS.items()
            if not passes(name, package, [*line.split(), *([str(crate)] * (name == "crate"))])
        ]
    if failed:
        sys.exit(f"audit: not passed: {', '.join(failed)}; their last lines are above.")
    print("audit: all passed")


def passes(name: str, package: str, command: list[str]) -> bool:
    """Install a tool, run it, print the end of what it says; True if it found nothing."""
    print(f"audit: {name} ({package})", flush=True)
    with tempfile.TemporaryDirectory() as place:
        tools = Path(place, "bin")
        for step in (
            [sys.executable, "-m", "venv", place],
            [tools / "pip", "install", "--quiet", package],
            [tools / command[0], *command[1:]],
        ):
            done = subprocess.run(
                step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
            )
            if done.returncode:
                break
    print("\n".join(done.stdout.rstrip().splitlines()[-LAST_LINES:]))
    return done.returncode == 0


if __name__ == "__main__":
    main()
