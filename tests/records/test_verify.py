"""Verification names the file and the reason."""

import pytest
from record_samples import CONFIG, manifest, result

from incontext import records
from incontext.records import RecordError
from incontext.records.verify import verify


@pytest.fixture
def root(tmp_path):
    records.save(result(), manifest(), root=tmp_path)
    records.save(result(), manifest(preset="paper"), root=tmp_path)
    return tmp_path


def test_an_untouched_directory_has_no_problems(root):
    (root / "README.md").write_text("what this is")
    (root / "empty").mkdir()
    assert verify(root) == verify(root, "tiny") == verify(root, "tiny/paper") == []


def test_only_the_named_record_is_verified(root):
    (root / "tiny" / "smoke" / "curve.csv").write_text("step\n")
    assert verify(root, "tiny/paper") == []
    (problem,) = verify(root, "tiny")
    assert problem.path.endswith("tiny/smoke/curve.csv")
    assert "changed after it was recorded" in problem.reason


def test_a_directory_above_may_have_the_name_of_a_record(tmp_path):
    root = tmp_path / "tiny"
    records.save(result(), manifest(), root=root)
    (root / "other").mkdir()
    (root / "other" / "notes.txt").write_text("")
    assert verify(root, "tiny") == []
    assert len(verify(root)) == 1


def test_every_problem_is_found_not_only_the_first(root):
    for name in ("curve.csv", "metrics.csv", "params.safetensors"):
        (root / "tiny" / "paper" / name).write_bytes(b"")
    (root / "tiny" / "smoke" / "manifest.json").unlink()
    paths = [problem.path.removeprefix(f"{root}/") for problem in verify(root)]
    assert paths == [
        "tiny/paper/curve.csv",
        "tiny/paper/metrics.csv",
        "tiny/paper/params.safetensors",
        "tiny/smoke/manifest.json",
    ]


def test_files_that_belong_to_no_record_are_problems(root):
    (root / "notes.txt").write_text("")
    (root / "tiny" / "notes.txt").write_text("")
    (root / "tiny" / "smoke" / "notes.txt").write_text("")
    assert sorted(problem.path.removeprefix(f"{root}/") for problem in verify(root)) == [
        "notes.txt",
        "tiny/notes.txt",
        "tiny/smoke/notes.txt",
    ]


def test_a_record_of_another_configuration_is_a_problem(root):
    assert verify(root, is_current=lambda found: found.config == CONFIG) == []
    found = verify(root, is_current=lambda found: found.config != CONFIG)
    assert len(found) == 2
    assert "incontext run tiny --preset paper --record" in found[0].reason


def test_what_is_not_there_cannot_be_verified(root):
    with pytest.raises(RecordError, match="recorded are: tiny"):
        verify(root, "other")
    with pytest.raises(RecordError, match="is not a directory"):
        verify(root / "absent")
