"""Unusual surroundings: the same bytes, whatever locale, time zone, home or path."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from record_samples import manifest, result

from incontext import provenance, records
from incontext.networks.files import read
from incontext.paths import repository_root
from incontext.records.verify import verify

PROGRAM = """
import sys
from pathlib import Path
from record_samples import manifest, result
from incontext import records
from incontext.records.verify import verify
root = Path(sys.argv[1])
records.save(result(), manifest(), root=root)
assert verify(root) == [], verify(root)
records.load("tiny", "smoke", root=root)
"""
SURROUNDINGS = {
    "C locale without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX locale, ASCII output": {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"},
    "comma as decimal point": {"LC_ALL": "de_DE.UTF-8"},
    "Turkish letters": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "time zone far east": {"TZ": "Pacific/Kiritimati"},
    "time zone that is none": {"TZ": "Nowhere/Nothing"},
    "no home": {"HOME": None},
    "a home that is none": {"HOME": "/nonexistent"},
    "another hash seed": {"PYTHONHASHSEED": "12345"},
    "optimised away asserts": {"PYTHONOPTIMIZE": "2"},
}


def environment(changes):
    variables = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **changes}
    return {name: value for name, value in variables.items() if value is not None}


@pytest.mark.slow
@pytest.mark.parametrize("changes", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_a_record_has_the_same_bytes_in_any_surroundings(root, record, tmp_path, faults, changes):
    place = tmp_path / "einen Pfad mit Umläuten ‒ und 空白"
    command = [sys.executable, "-c", PROGRAM, str(place)]
    done = subprocess.run(command, env=environment(changes), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for path in record.iterdir():
        assert (place / "tiny" / "smoke" / path.name).read_bytes() == path.read_bytes()
    faults()


@pytest.mark.slow
def test_the_command_runs_in_the_worst_of_surroundings(command, tmp_path, faults):
    place = tmp_path / "Ärger mit\tzwei  空白"
    place.mkdir()
    worst = {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Nowhere/Nothing",
        "HOME": None,
        "INCONTEXT_DATA": str(place),
        "INCONTEXT_BUILD": str(place / ".build"),
    }
    plain = command("run", "tiny", "--preset", "smoke", "--record")
    assert plain.wait(timeout=60) == 0
    plain.communicate()
    process = command("run", "tiny", "--preset", "smoke", "--record", **worst)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.startswith("tiny/smoke: 4 networks measured")
    report = Path("reports", "tiny", "smoke")
    for name in ("metrics.csv", "params.safetensors"):
        expected = (command.places.data / report / name).read_bytes()
        assert (place / report / name).read_bytes() == expected
    assert verify(place / "reports") == []
    faults()


OTHER_ARITHMETIC = {
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_THREEFRY_PARTITIONABLE": "0",
    "JAX_DISABLE_JIT": "1",
    "JAX_ENABLE_X64": "1",
    "JAX_DEFAULT_MATMUL_PRECISION": "bfloat16",
    "JAX_NUM_CPU_DEVICES": "1",
}


def test_switches_of_jax_change_nothing_that_is_trained(command, tmp_path, faults):
    run = ("run", "tiny", "--preset", "smoke", "--out")
    for name, changes in (("plain", {}), ("other", OTHER_ARITHMETIC)):
        process = command(*run, str(tmp_path / name), **changes)
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    paths = sorted((tmp_path / "plain").rglob("seed-*.safetensors"))
    assert len(paths) == 4
    for path in paths:
        other, header = read(tmp_path / "other" / path.relative_to(tmp_path / "plain"))
        found, plain = read(path)
        assert {name: one.tobytes() for name, one in found.items()} == {
            name: one.tobytes() for name, one in other.items()
        }
        assert header["numerics"] == plain["numerics"]
        faults()


def test_a_record_made_before_the_one_it_replaces_is_as_good(root, faults):
    earlier = manifest(started="1970-01-01T00:00:00Z")
    records.save(result(), earlier, root=root)
    found = records.load("tiny", "smoke", root=root).manifest
    assert found.started == "1970-01-01T00:00:00Z"
    assert verify(root) == []
    faults()


def test_without_git_the_rest_is_still_known(tmp_path, faults, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert provenance.git(tmp_path) == {"commit": None, "dirty": None}
    faults()


@pytest.fixture
def read_only_checkout(tmp_path):
    """This checkout, mounted so that nobody can write to it; skipped where no one may mount."""
    place = tmp_path / "checkout"
    place.mkdir()
    mount = ["mount", "--bind", "-o", "ro", str(repository_root()), str(place)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["verify"], ["claims"], ["list"], ["cite", "A2"], ["export", "A2"], ["crate"]],
    ids=" ".join,
)
def test_a_reader_need_not_write(read_only_checkout, tmp_path, faults, arguments):
    (tmp_path / "here").mkdir()
    changes = {"PYTHONPATH": str(read_only_checkout / "src"), "HOME": "/nonexistent"}
    program = "import sys; from incontext.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=environment({"INCONTEXT_DATA": None, **changes}),
        cwd=tmp_path / "here",
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert "Read-only" not in done.stderr
    assert done.returncode in (0, 1)  # 1: a claim fails or a preset is another one today
    assert done.stdout + done.stderr
    faults()
