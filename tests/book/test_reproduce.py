"""What `make reproduce` trains is what the book then reads."""

import re
import subprocess

import pytest
import reproduce
from sources import ROOT

SWEPT = {
    found
    for chapter in (ROOT / "chapters").glob("*.md")
    for found in re.findall(r'reading\.recorded\("([\w-]+)", "([\w-]+)"\)', chapter.read_text())
}


def trainings(build):
    return [step for step in reproduce.steps(build, "smoke") if "results" in step]


def test_every_sweep_that_a_chapter_reads_is_trained(tmp_path):
    commands = [" ".join(step) for step in trainings(tmp_path)]
    assert len(SWEPT) == len(commands) - 1 > 0
    for experiment, name in SWEPT:
        wanted = f"experiments={experiment} sweeps={ROOT / 'sweeps' / name}.yaml"
        assert any(command.endswith(wanted) for command in commands), wanted


@pytest.mark.slow
def test_the_graph_knows_how_to_train_all_of_it(tmp_path):
    for step in trainings(tmp_path):
        planned = subprocess.run([*step, "--dry-run"], capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr
