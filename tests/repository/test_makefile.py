"""make finds a Python that is new enough, or says in one sentence what to install."""

import shutil
import subprocess
import sys

import pytest
import setup_environment
from sources import ROOT

CANDIDATES = ("python3.13", "python3.14", "python3.12", "python3", "python")
SHIM = "#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n"


@pytest.fixture
def machine(tmp_path):
    """A PATH with make, sh and broken Pythons only, and an empty home."""
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    for name in CANDIDATES:
        write_program(tmp_path / name, SHIM)
    return tmp_path


def write_program(path, text):
    path.write_text(text)
    path.chmod(0o755)


def old_python():
    """A python3 that answers as 3.11 does: it runs the code it is given with that version."""
    text = '#!/bin/sh\nshift\nexec "{}" -c "import sys; sys.version_info = (3, 11, 7); $1"\n'
    return text.format(sys.executable)


def run(machine, *command):
    environment = {"PATH": str(machine), "HOME": str(machine), "PYENV_ROOT": str(machine)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("program", [SHIM, old_python()], ids=["broken shim", "Python 3.11"])
def test_refuses_without_a_new_enough_python(machine, program):
    write_program(machine / "python3", program)
    finished = run(machine, "make", "setup")
    first, *rest = finished.stderr.strip().splitlines()
    assert finished.returncode != 0
    assert finished.stdout == ""
    assert first.startswith("incontext needs Python 3.12 or newer")
    assert "install Python 3.13" in first
    assert all(line.startswith("make") for line in rest)


def test_skips_broken_candidates(machine):
    write_program(machine / "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    finished = run(machine, "sh", "workflow/find_python.sh")
    assert finished.stdout == "python3\n"


def test_an_interpreter_can_be_named(machine):
    environment = {"PATH": str(machine), "HOME": str(machine), "PYTHON": sys.executable}
    command = [str(machine / "sh"), "workflow/find_python.sh"]
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert finished.stdout.strip() == sys.executable


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """The files that decide what is installed, and an environment that was installed from them."""
    for name in setup_environment.DECIDES:
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(setup_environment, "ROOT", tmp_path)
    monkeypatch.setattr(setup_environment, "STAMP", tmp_path / "installed.sha256")
    monkeypatch.setattr(setup_environment, "interpreter_runs", lambda: True)
    setup_environment.STAMP.write_text(setup_environment.fingerprint())
    return tmp_path


def test_second_setup_does_nothing(checkout, monkeypatch, capsys):
    monkeypatch.setattr(setup_environment, "pip", lambda *arguments: pytest.fail("installed again"))
    setup_environment.main()
    assert capsys.readouterr().out == "setup: .venv is up to date\n"


@pytest.mark.parametrize("name", setup_environment.DECIDES)
def test_a_changed_lock_or_project_is_installed(checkout, name):
    assert setup_environment.is_current()
    (checkout / name).write_text((checkout / name).read_text() + "\n# changed\n")
    assert not setup_environment.is_current()


def test_a_broken_environment_is_installed_again(checkout, monkeypatch):
    monkeypatch.setattr(setup_environment, "interpreter_runs", lambda: False)
    assert not setup_environment.is_current()
