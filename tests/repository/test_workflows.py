"""The GitHub workflows: every action pinned, no more rights than needed, commands that exist.

`actionlint` checks their syntax and expressions; CONTRIBUTING.md says when to run it.
"""

import re

import pytest
import yaml
from sources import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+){2}$")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)
PUBLISHING = {"pages": "write", "id-token": "write"}


def jobs(path):
    return yaml.safe_load(path.read_text())["jobs"]


def test_there_is_one_for_tests_and_one_for_the_book():
    assert [path.stem for path in WORKFLOWS] == ["book", "tests"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_names_its_version(path):
    uses = [line.strip().removeprefix("- ") for line in path.read_text().splitlines()]
    uses = [line for line in uses if line.startswith("uses:")]
    assert uses
    assert [line for line in uses if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_no_job_may_write_but_the_one_that_publishes(path):
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}
    raised = {name: job["permissions"] for name, job in jobs(path).items() if "permissions" in job}
    assert raised == ({"publish": PUBLISHING} if path.stem == "book" else {})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_what_is_run_and_what_is_published_exists(path):
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    for job in jobs(path).values():
        assert job["runs-on"] == "ubuntu-24.04"
        for step in job["steps"]:
            program, *arguments = step.get("run", "").split()[:2] or [""]
            assert program != "make" or arguments[0] in targets
            assert program != "bash" or (ROOT / arguments[0]).is_file()
            assert program in ("", "make", "bash")
            wanted = step.get("with", {}).get("python-version-file")
            assert wanted is None or (ROOT / wanted).is_file()
