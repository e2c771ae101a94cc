"""What made a result: configurations, source, versions, machine."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from incontext.errors import Refusal
from incontext.provenance import git as state
from incontext.provenance import hash_json, plain
from incontext.records import provenance


@dataclasses.dataclass(frozen=True)
class Inner:
    scale: float = 0.1


@dataclasses.dataclass(frozen=True)
class Outer:
    inner: Inner = Inner()
    sizes: tuple[int, ...] = (2, 3)
    name: str = "größer"
    limit: float | None = None


def test_a_configuration_becomes_json_that_names_its_classes():
    assert plain(Outer()) == {
        "class": "Outer",
        "inner": {"class": "Inner", "scale": 0.1},
        "sizes": [2, 3],
        "name": "größer",
        "limit": None,
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), {1, 2}, {1: 2}, b"x", len])
def test_a_value_without_one_json_text_is_refused(value):
    with pytest.raises(Refusal, match="the configuration holds"):
        plain({"field": value})


def test_the_hash_of_a_configuration_sees_every_field():
    hashes = {
        hash_json(plain(config))
        for config in (Outer(), Outer(Inner(0.2)), Outer(sizes=(3, 2)), Outer(limit=0.0))
    }
    assert len(hashes) == 4


def test_json_is_hashed_as_everyone_else_would():
    text = '{"a":[1,0.5],"ü":null}'
    computed = subprocess.run(["sha256sum"], input=text.encode(), capture_output=True, check=True)
    assert hash_json({"ü": None, "a": [1, 0.5]}) == computed.stdout.decode().split()[0]


def git(root, *arguments):
    subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.name", "someone")
    git(tmp_path, "config", "user.email", "someone@example.org")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "module.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_a_checkout_is_dirty_only_if_what_makes_numbers_changed(repository):
    clean = state(repository)
    assert len(clean["commit"]) == 40
    assert clean["dirty"] is False
    (repository / "notes.md").write_text("")
    assert state(repository) == clean
    (repository / "src" / "module.py").write_text("x = 2\n")
    assert state(repository) == {**clean, "dirty": True}


def test_a_checkout_of_another_owner_is_known_too(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert len(state(repository)["commit"]) == 40


def test_without_a_checkout_commit_and_state_are_unknown(tmp_path):
    unknown = {"commit": None, "dirty": None}
    assert state(None) == state(tmp_path) == unknown


def test_a_description_fits_the_schema_and_names_no_place():
    found = provenance.describe(
        "tiny",
        "smoke",
        Outer(),
        module="incontext.training.loop",
        seeds=range(3),
        repository=None,
    )
    assert found.seeds == (0, 1, 2)
    assert found.device["platform"] == "cpu"
    assert set(found.versions) == {"python", *provenance.PACKAGES}
    assert str(Path.cwd()) not in repr(found)


def test_the_fingerprint_is_of_what_decides_the_numbers():
    describe = lambda **changes: dataclasses.replace(  # noqa: E731
        provenance.describe(
            "tiny", "smoke", Outer(), module="incontext.tasks.layout", seeds=(0,), repository=None
        ),
        **changes,
    )
    one = provenance.fingerprint(describe())
    assert one == provenance.fingerprint(describe(started="x", git={}, wall_seconds=3.0))
    changes = ({"seeds": (1,)}, {"config_hash": "x"}, {"source_hash": "x"}, {"cpu": "x"})
    assert all(provenance.fingerprint(describe(**change)) != one for change in changes)
