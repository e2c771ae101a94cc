"""Every error is one sentence with value, constraint and remedy; names are listed."""

import os
import resource
import subprocess
import sys

import pytest

from incontext.cli import main, names
from incontext.cli.errors import UsageError
from incontext.presets import PRESETS

BAD = [
    (["run", "nothing"], 2, "there is no experiment 'nothing'; valid names are: "),
    (["run", "tiny", "--preset", "huge"], 2, "valid names are: smoke, laptop, paper, diverging"),
    (["run", "tiny", "--preset", ""], 2, "there is no preset ''; valid names are: smoke"),
    (["run", "tiny", "--seeds", "0"], 2, "--seeds is '0'; it must be a number from 1 to 1000"),
    (["run", "tiny", "--seeds", "-3"], 2, "--seeds is '-3'; it must be a number from 1 to 1000"),
    (["run", "tiny", "--seeds", "9" * 30], 2, "from 1 to 1000, such as --seeds 5"),
    (["run", "tiny", "--seeds", "many"], 2, "--seeds is 'many'; it must be a number"),
    (["run", "tiny", "--seeds", "1_0"], 2, "--seeds is '1_0'; it must be a number"),
    (["run", "tiny", "--seeds", "٣"], 2, "it must be a number from 1 to 1000"),
    (["run", "tiny", "--seeds", ""], 2, "--seeds is ''; it must be a number"),
    (["run", "tiny", "--record", "--out", "x"], 2, "give one of them"),
    (["run"], 2, "Missing argument 'name'"),
    (["run", "../tiny"], 2, "there is no experiment '../tiny'"),
    (
        ["run", "tiny", "--preset", "diverging"],
        1,
        "tiny-second: The training loss of seed 1 is not",
    ),
    (["run", "tiny", "--preset", "poisoned"], 1, "row 2 holds nan"),
    (["claims", "--preset", "huge"], 2, f"valid names are: {', '.join(PRESETS)}"),
    (["claims", "--format", "xml"], 2, "'xml' is not one of 'table', 'json'"),
    (["verify", "nothing"], 2, "there is no experiment 'nothing'; valid names are: "),
    (["report", "nothing"], 2, "there is no experiment 'nothing'; valid names are: "),
    (["report", "tiny", "--preset", "huge"], 2, "there is no preset 'huge'; valid names are"),
    (["report", "tiny", "--preset", "paper"], 1, "incontext run tiny --preset paper --record"),
    (["verify", "tiny"], 1, "'tiny' is not recorded"),
    (["verify", "tiny", "--preset", "paper"], 1, "'tiny/paper' is not recorded"),
    (["verify", "tiny", "--preset", "huge"], 2, f"valid names are: {', '.join(PRESETS)}"),
    (["verify", "--preset", "paper"], 2, "--preset paper needs one experiment"),
    (["verify", "--rerun", "nothing"], 2, "valid names are"),
    (
        ["verify", "--rerun", "tiny", "--preset", "smoke"],
        2,
        "no network of tiny is recorded at smoke",
    ),
    (["cite", "A999"], 2, "there is no figure 'A999'; valid names are"),
    (["export", "A999", "--format", "svg"], 2, "there is no figure 'A999'; valid names are"),
    (["show", "A999"], 2, "there is no figure 'A999'; valid names are"),
    (["export", "A999", "--format", "gif"], 2, "'gif' is not one of"),
    (["fly"], 2, "No such command 'fly'"),
    (["run", "tiny", "--fast"], 2, "No such option: --fast"),
]


@pytest.mark.parametrize(("arguments", "status", "said"), BAD, ids=lambda value: str(value))
def test_a_mistake_is_answered_with_one_sentence(incontext, places, arguments, status, said):
    places.reports.mkdir()
    answer = incontext(*arguments)
    assert answer.status == status
    assert said in answer.err
    assert answer.err.startswith("incontext: ")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert not list(places.data.rglob("*.*"))


@pytest.mark.parametrize("kind", [ZeroDivisionError, ValueError, KeyError, AssertionError])
def test_a_defect_of_ours_is_not_hidden(monkeypatch, kind):
    def fail(preset):
        raise kind("a defect")

    monkeypatch.setattr("incontext.cli.claims.check_preset", fail)
    with pytest.raises(kind, match="a defect"):
        main(["claims"])


def test_names_that_no_experiment_has_yet_are_said_to_be_none():
    assert names.check_preset(None) is None
    with pytest.raises(UsageError, match=f"valid names are: {', '.join(PRESETS)}"):
        names.check_preset("")


def test_without_arguments_the_commands_are_shown(incontext):
    answer = incontext()
    assert answer.status == 0
    commands = ("list", "run", "train", "report", "claims", "verify", "show", "cite", "export")
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
        assert answer.err.startswith(f"incontext: {wrong}/reports is not a directory of records;")
        assert answer.err.count("\n") == 1
        assert answer.out == ""


def module(*arguments, **variables):
    """`python -m incontext` in a process of its own."""
    command = [sys.executable, "-m", "incontext", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | variables)


@pytest.mark.parametrize(
    "variables",
    [{"JAX_PLATFORMS": "nonsense"}, {"JAX_PLATFORMS": "cuda"}, {"JAX_NUM_CPU_DEVICES": "0"}],
    ids=str,
)
def test_a_device_that_is_not_there_is_named(variables):
    done = module("run", "mesa", INCONTEXT_BUILD="/nonexistent", **variables)
    assert done.returncode == 2
    said = done.stderr.splitlines()[-1]
    assert "incontext: JAX finds no device (" in said
    assert "unset JAX_PLATFORMS and JAX_NUM_CPU_DEVICES, or set them to devices that are" in said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("flag", ["=true", "=1", ""])
def test_inexact_arithmetic_is_refused(incontext, monkeypatch, flag):
    monkeypatch.setenv("XLA_FLAGS", f"--xla_cpu_enable_fast_math{flag}")
    answer = incontext("run", "tiny", "--preset", "smoke")
    assert answer.status == 1
    assert "fast math changes what is recorded, so unset that flag" in answer.err


def test_what_haiku_cannot_do_without_is_said():
    done = module("list", PYTHONOPTIMIZE="2")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "incontext: use Linux, macOS or WSL, and PYTHONOPTIMIZE of at most 1\n"


@pytest.mark.parametrize("closing", [">&-", "2>&-", ">/dev/null 2>&-"])
def test_closed_streams_are_no_error(closing):
    script = f"exec {sys.executable} -m incontext claims {closing}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr


def test_a_terminal_of_few_signs_is_no_error(tmp_path):
    place = tmp_path / "Umläute"
    place.mkdir()
    done = module("verify", PYTHONIOENCODING="ascii", INCONTEXT_DATA=str(place))
    assert done.returncode == 1
    assert r"Uml\xe4ute" in done.stderr
    assert "Traceback" not in done.stderr
