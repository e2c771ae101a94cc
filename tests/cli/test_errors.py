"""Every error is one sentence with value, constraint and remedy; names are listed."""

import resource
import subprocess
import sys

import pytest

from incontext.cli import main, names
from incontext.cli.errors import UsageError

BAD = [
    (["run", "nothing"], 2, "there is no experiment 'nothing'; valid names are: "),
    (["run", "tiny", "--preset", "huge"], 2, "valid names are: smoke, laptop, diverging"),
    (["run", "tiny", "--seeds", "0"], 2, "--seeds is 0; it must be at least 1"),
    (["run", "tiny", "--seeds", "-3"], 2, "--seeds is -3; it must be at least 1"),
    (["run", "tiny", "--seeds", "9" * 30], 2, "at most 1000, such as --seeds 5"),
    (["run", "tiny", "--seeds", "many"], 2, "Invalid value for '--seeds'"),
    (["run", "tiny", "--record", "--out", "x"], 2, "give one of them"),
    (["run"], 2, "Missing argument 'name'"),
    (["run", "../tiny"], 2, "there is no experiment '../tiny'"),
    (["run", "tiny", "--preset", "diverging"], 1, "is not finite at step"),
    (["run", "tiny", "--preset", "poisoned"], 1, "row 2 holds nan"),
    (["claims", "--preset", "huge"], 2, "valid names are: paper, laptop, smoke"),
    (["claims", "--format", "xml"], 2, "'xml' is not one of 'table', 'json'"),
    (["verify", "nothing"], 2, "there is no experiment 'nothing'; valid names are: "),
    (["verify", "tiny"], 1, "'tiny' is not recorded"),
    (["verify", "tiny", "--preset", "paper"], 1, "'tiny/paper' is not recorded"),
    (["verify", "tiny", "--preset", "huge"], 2, "valid names are: paper, laptop, smoke"),
    (["verify", "--preset", "paper"], 2, "--preset paper needs one experiment"),
    (["verify", "--rerun", "nothing"], 2, "valid names are"),
    (["verify", "--rerun", "tiny", "--preset", "smoke"], 1, "tiny/smoke is not recorded"),
    (["cite", "A999"], 2, "there is no figure 'A999'; valid names are"),
    (["export", "A999", "--format", "svg"], 2, "there is no figure 'A999'; valid names are"),
    (["export", "A999", "--format", "gif"], 2, "'gif' is not one of"),
    (["fly"], 2, "No such command 'fly'"),
    (["run", "tiny", "--fast"], 2, "No such option: --fast"),
]


@pytest.mark.parametrize(("arguments", "status", "said"), BAD, ids=lambda value: str(value))
def test_a_mistake_is_answered_with_one_sentence(incontext, places, arguments, status, said):
    answer = incontext(*arguments)
    assert answer.status == status
    assert said in answer.err
    assert answer.err.startswith("incontext: ")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert list(places.data.iterdir()) == []


def test_a_defect_of_ours_is_not_hidden(monkeypatch):
    def fail(preset):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("incontext.cli.claims.check_preset", fail)
    with pytest.raises(ZeroDivisionError):
        main(["claims"])


def test_names_that_no_experiment_has_yet_are_said_to_be_none():
    assert names.check_preset(None) is None
    with pytest.raises(UsageError, match="valid names are: paper, laptop, smoke"):
        names.check_preset("")


def test_without_arguments_the_commands_are_shown(incontext):
    answer = incontext()
    assert answer.status == 0
    commands = ("list", "run", "claims", "verify", "cite", "export")
    assert all(f"\n  {command}" in answer.out for command in commands)


def test_help_is_immediate():
    durations = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-c", "from incontext.cli import main; main(['--help'])"]
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        durations.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(durations) < 0.5  # seconds of one core: other work on the machine is not measured


def test_help_needs_neither_jax_nor_pandas():
    program = (
        "import sys; from incontext.cli import main; main(['--help']);"
        "sys.exit(bool({'jax', 'pandas', 'numpy', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_claims_need_no_jax():
    program = (
        "import sys; from incontext.cli import main; main(['claims']);"
        "sys.exit('jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0


def test_a_reader_that_went_away_is_no_error():
    program = "from incontext.cli import main; import sys; sys.exit(main(['claims']))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["claims"],
        ["verify"],
        ["cite", "A2"],
        ["export", "A2"],
        ["crate"],
    ],
    ids=" ".join,
)
def test_a_data_directory_that_is_none_is_named(incontext, places, monkeypatch, arguments):
    monkeypatch.chdir(places.data)
    for wrong in (places.data / "absent", places.data / "file"):
        (places.data / "file").touch()
        monkeypatch.setenv("INCONTEXT_DATA", str(wrong))
        answer = incontext(*arguments)
        assert answer.status == 1
        assert answer.err.startswith(f"incontext: {wrong} is not a directory of records; name one")
        assert answer.err.count("\n") == 1
        assert answer.out == ""


@pytest.mark.parametrize("platform", ["nonsense", "cuda"])
def test_a_device_that_is_not_there_is_named(platform):
    program = "import sys; from incontext.cli import main; sys.exit(main(['run', 'sine']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"JAX_PLATFORMS": platform, "PATH": "", "INCONTEXT_BUILD": "/nonexistent"},
    )
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert f"JAX finds no device for JAX_PLATFORMS='{platform}'; set it to cpu" in said
    assert "Traceback" not in done.stderr
