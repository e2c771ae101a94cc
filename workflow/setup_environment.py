"""Builds the locked environment in .venv, or returns at once when it is already there.

Run by `make setup` with any Python >= 3.12; imports the standard library only.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
STAMP = ENVIRONMENT / "installed.sha256"
DECIDES = ("requirements.lock", "pyproject.toml", "hatch_build.py")


def fingerprint() -> str:
    """Hash of the files that decide what is installed, and of where the checkout lies."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in DECIDES:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether .venv holds exactly what the lock asks for and its interpreter still runs."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint() and interpreter_runs()


def interpreter_runs() -> bool:
    """Whether .venv has a working Python >= 3.12."""
    python = ENVIRONMENT / "bin" / "python"
    check = "import pip, sys; sys.exit(sys.version_info < (3, 12))"
    if not python.exists():
        return False
    return subprocess.run([python, "-c", check], capture_output=True).returncode == 0


def pip(*arguments: str) -> None:
    """Run pip of .venv; stop with its own words if it fails."""
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--quiet", *arguments]
    finished = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    if finished.returncode != 0:
        sys.stderr.write(finished.stderr)
        sys.exit("setup: pip could not install the locked environment; its last lines say why.")


def create() -> None:
    """Make an empty .venv."""
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        sys.exit(f"setup: {sys.executable} cannot make environments: install python{version}-venv.")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)


def main() -> None:
    """Bring .venv to the state that requirements.lock describes."""
    if is_current():
        print("setup: .venv is up to date")
        return
    started = time.monotonic()
    print("setup: installing the locked packages into .venv (a minute or two)", flush=True)
    STAMP.unlink(missing_ok=True)
    if not interpreter_runs():
        create()
    pip("install", "--require-hashes", "--no-deps", "--requirement", "requirements.lock")
    pip("install", "--no-deps", "--no-build-isolation", "--editable", ".")
    STAMP.write_text(fingerprint())
    print(f"setup: done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
