"""Checks that need a network, or tools that do not fit beside the locked packages.

Run by `make audit`: known vulnerabilities of every locked package (pip-audit), CITATION.cff
(cffconvert), the RO-Crate of all records (roc-validator). Each tool gets an environment that is
thrown away. Exit 1 if one of them finds something, or could not look.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAST_LINES = 15


def main() -> None:
    """Run every check, report each in its own words, and say which of them did not pass."""
    with tempfile.TemporaryDirectory() as scratch:
        crate = Path(scratch, "crate")
        incontext = Path(sys.executable).with_name("incontext")
        subprocess.run([incontext, "crate", "--out", crate], check=True, stdout=subprocess.DEVNULL)
        failed = [name for name, check in checks(crate).items() if not passes(name, *check)]
    if failed:
        sys.exit(f"audit: not passed: {', '.join(failed)}; their last lines are above.")
    print("audit: all passed")


def checks(crate: Path) -> dict[str, tuple[str, list[str]]]:
    """Of every check its name, the package that brings the tool, and the tool's command line."""
    lock = ["--requirement", str(ROOT / "requirements.lock"), "--no-deps", "--disable-pip"]
    profile = ["--no-paging", "--profile-identifier", "process-run-crate", str(crate)]
    return {
        "vulnerabilities": ("pip-audit==2.10.1", ["pip-audit", "--strict", *lock]),
        "citation": (
            "cffconvert==2.0.0",
            ["cffconvert", "--validate", "--infile", str(ROOT / "CITATION.cff")],
        ),
        "crate": (
            "roc-validator==0.13.0",
            ["rocrate-validator", "--no-interactive", "validate", *profile],
        ),
    }


def passes(name: str, package: str, command: Sequence[str]) -> bool:
    """Install a tool, run it, print the end of what it says; True if it found nothing."""
    print(f"audit: {name} ({package})", flush=True)
    with tempfile.TemporaryDirectory() as place:
        tools = Path(place, "bin")
        steps = (
            [sys.executable, "-m", "venv", place],
            [str(tools / "pip"), "install", "--quiet", package],
            [str(tools / command[0]), *command[1:]],
        )
        for step in steps:
            done = subprocess.run(
                step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
            )
            if done.returncode:
                break
    print("\n".join(done.stdout.rstrip().splitlines()[-LAST_LINES:]))
    return done.returncode == 0


if __name__ == "__main__":
    main()
