"""A run says that it is loading before it imports anything heavy, to people only."""

import re
import subprocess
import sys

from incontext.cli import opening

HEAVY = {"jax", "pandas", "haiku"}


def test_a_person_is_told_and_a_file_is_not(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    opening.announce("sine: loading")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    opening.announce("not this")
    assert capsys.readouterr().err == "sine: loading\n"


def test_what_is_said_is_said_before_anything_heavy_is_imported():
    program = (
        "import sys, incontext.cli.opening as opening\n"
        "opening.announce = lambda sentence: (print(sentence, *sys.modules), sys.exit(0))\n"
        "from incontext.cli import main\nmain(['run', 'sine'])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
    first, *imported = re.split(r"\s(?=\S+$)|(?<=experiment)\s", said.strip(), maxsplit=1)
    assert first == "sine: loading JAX and the experiment"
    assert HEAVY & set(" ".join(imported).split()) == set()
    assert "typer" in " ".join(imported)
