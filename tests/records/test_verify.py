"""Verification names the file and the reason; a rerun is compared as is due."""

import pandas as pd
import pytest
from record_samples import CONFIG, manifest, metrics, result

from incontext import records
from incontext.records import RecordError, Result
from incontext.records.compare import compare, tolerance
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


def test_a_rerun_on_the_same_machine_must_be_the_same_to_the_last_bit(root):
    record = records.load("tiny", "smoke", root=root)
    same = compare(record, result(), manifest(started="2025-01-01T00:00:00Z", wall_seconds=9.0))
    assert (same.identical_due, same.changed, same.differences) == (True, (), ())
    assert same.identical
    one_bit_off = result(
        metrics=metrics({"loss": [0.25, 0.5, 0.12500000000000003], "formula": 1 / 3})
    )
    other = compare(record, one_bit_off, manifest())
    assert other.differences == ("metrics.csv is not the same to the last bit",)


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({"cpu": "another"}, ("cpu",)),
        ({"precision": "float64"}, ("precision",)),
        ({"sources": {"incontext/tasks/types.py": "1" * 64}, "seeds": (0, 1)}, ("seeds", "source")),
        ({"config": {"class": "Other"}}, ("configuration",)),
        ({"device": {"platform": "gpu", "kind": "H200", "count": 1}}, ("device",)),
    ],
)
def test_a_rerun_elsewhere_is_compared_as_a_distribution(root, fields, changed):
    record = records.load("tiny", "smoke", root=root)
    near = result(metrics=metrics({"loss": [0.26, 0.49, 0.13], "formula": 0.333}))
    comparison = compare(record, near, manifest(**fields))
    assert (comparison.identical_due, comparison.changed) == (False, changed)
    assert comparison.differences == ()
    assert not comparison.identical
    assert compare(record, result(), manifest(**fields)).identical
    far = result(metrics=metrics({"loss": [9.0, 9.1, 9.2], "other": 1.0}))
    differences = compare(record, far, manifest(**fields)).differences
    assert [text.split()[1] for text in differences] == ["formula", "other", "loss"]


def test_tolerance_is_the_widest_of_the_three():
    ones = pd.Series([1.0, 1.0]).to_numpy()
    assert tolerance(ones, ones) == 0.02
    assert tolerance(0 * ones, ones) == 1e-6
    spread = pd.Series([0.0, 2.0]).to_numpy()  # standard error of the mean 1
    assert tolerance(spread, spread) == pytest.approx(4 * 2**0.5, rel=1e-12)


def test_a_result_that_may_not_be_recorded_is_no_rerun(root):
    record = records.load("tiny", "smoke", root=root)
    with pytest.raises(RecordError, match="no table 'metrics'"):
        compare(record, Result({}), manifest())
