"""Records: what is saved comes back, whole, and nothing else does."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from record_samples import manifest, metrics, result
from strategies import frames, params

from incontext import records
from incontext.records import Column, RecordError, Result
from incontext.records.verify import verify


def assert_same(one, other):
    assert set(one.tables) == set(other.tables)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, other.tables[name], check_exact=True)
    assert set(one.params) == set(other.params)
    for name, array in one.params.items():
        np.testing.assert_array_equal(array, other.params[name])
        assert array.dtype == other.params[name].dtype


def test_a_record_comes_back_whole(tmp_path):
    sealed = records.save(result(), manifest(), root=tmp_path)
    record = records.load("tiny", "smoke", root=tmp_path)
    assert_same(record.result, result())
    assert record.manifest == sealed
    assert record.manifest.config == manifest().config
    assert record.result.columns["kept"].description.startswith("whether")


def test_the_same_result_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        records.save(result(), manifest(), root=tmp_path / name)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert [path.name for path in files] == [
        "curve.csv",
        "manifest.json",
        "metrics.csv",
        "params.safetensors",
    ]
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_a_loaded_record_can_be_saved_again_unchanged(tmp_path):
    first = records.save(result(), manifest(), root=tmp_path / "one")
    record = records.load("tiny", "smoke", root=tmp_path / "one")
    assert records.save(record.result, record.manifest, root=tmp_path / "two") == first


def test_recording_again_replaces_the_whole_record(tmp_path):
    records.save(result(), manifest(), root=tmp_path)
    fresh = Result({"metrics": metrics({"loss": [0.5]})})
    records.save(fresh, manifest(seeds=(0,)), root=tmp_path)
    assert_same(records.load("tiny", "smoke", root=tmp_path).result, fresh)
    assert sorted(path.name for path in (tmp_path / "tiny").rglob("*")) == [
        "manifest.json",
        "metrics.csv",
        "smoke",
    ]


def test_one_table_is_read_without_the_others(tmp_path):
    records.save(result(), manifest(), root=tmp_path)
    (tmp_path / "tiny" / "smoke" / "curve.csv").unlink()
    table = records.load_table("tiny", "smoke", "metrics", root=tmp_path)
    assert set(table["metric"]) == {"loss", "formula"}
    with pytest.raises(RecordError, match="has no table 'other'; it has curve, metrics"):
        records.load_table("tiny", "smoke", "other", root=tmp_path)


def test_recorded_lists_what_has_a_manifest(tmp_path):
    assert records.recorded(tmp_path) == []
    with pytest.raises(RecordError, match="absent is not a directory of records"):
        records.recorded(tmp_path / "absent")
    records.save(result(), manifest(), root=tmp_path)
    records.save(result(), manifest(preset="paper"), root=tmp_path)
    assert records.recorded(tmp_path) == [("tiny", "paper"), ("tiny", "smoke")]


def test_loading_takes_milliseconds(tmp_path):
    records.save(result(), manifest(), root=tmp_path)
    durations = []
    for _ in range(10):
        start = time.perf_counter()
        records.load("tiny", "smoke", root=tmp_path)
        durations.append(time.perf_counter() - start)
    assert min(durations) < 0.1  # about 5 ms; the best of ten, as the machine may be busy


def test_what_is_not_recorded_says_how_to_record_it(tmp_path):
    with pytest.raises(RecordError, match="incontext run tiny --preset smoke --record"):
        records.load("tiny", "smoke", root=tmp_path)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"experiment": "../tiny"}, "is no name of a record"),
        ({"experiment": "/etc"}, "is no name of a record"),
        ({"preset": ".."}, "is no name of a record"),
        ({"preset": ""}, "is no name of a record"),
        ({"preset": ".hidden"}, "is no name of a record"),
        ({"seeds": (), "networks": {"x-0123456789/seed-0": "0" * 64}}, "schema at seeds"),
        ({"seeds": (0, 0)}, "schema at seeds"),
        ({"seeds": (-1,)}, "schema at seeds"),
        ({"wall_seconds": -1.0}, "schema at wall_seconds"),
        ({"started": "yesterday"}, "schema at started"),
        ({"versions": {"python": "3.13"}}, "schema at versions"),
        ({"config_hash": "0" * 64}, "not the hash of its config"),
        ({"schema_version": 4}, "schema_version is 4"),
        ({"started": "2024-13-45T00:00:00Z"}, "which is no time"),
        ({"wall_seconds": 1e300}, "which is no time"),
        ({"networks": {"../x-0123456789/seed-0": "0" * 64}}, "schema at networks"),
        ({"networks": {"x-0123456789/seed-0": "0"}}, "schema at networks"),
        ({"cpu": "\x1b[31m"}, "names a machine or version"),
        ({"cpu": "<b>"}, "names a machine or version"),
    ],
)
def test_a_manifest_that_could_not_be_read_is_not_written(tmp_path, fields, said):
    with pytest.raises(RecordError, match=said):
        records.save(result(), manifest(**fields), root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_result_without_metrics_is_not_written(tmp_path):
    with pytest.raises(RecordError, match="no table 'metrics'"):
        records.save(Result({}), manifest(), root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_reserved_is_refused_to_others(tmp_path):
    with records.reserve("tiny", "smoke", root=tmp_path) as slot:
        with pytest.raises(RecordError, match=r"process \d+ is recording tiny/smoke .* already"):
            records.save(result(), manifest(), root=tmp_path)
        records.save(result(), manifest(preset="laptop"), root=tmp_path)
        slot.save(result(), manifest())
    assert records.recorded(tmp_path) == [("tiny", "laptop"), ("tiny", "smoke")]
    assert not list(tmp_path.rglob(".*"))


def test_an_error_of_a_run_is_not_taken_for_one_of_the_disk(tmp_path):
    def reserve_and_fail():
        with records.reserve("tiny", "smoke", root=tmp_path):
            raise OSError("of the run")

    with pytest.raises(OSError, match="of the run"):
        reserve_and_fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changes", [{"schema_version": 1, "sources": {}}, {"schema_version": 2}])
def test_a_record_of_an_earlier_schema_version_is_read(tmp_path, changes):
    sealed = records.save(result(), manifest(**changes), root=tmp_path)
    found = records.load("tiny", "smoke", root=tmp_path)
    assert found.manifest == sealed
    assert found.manifest.schema_version == changes["schema_version"]
    assert verify(tmp_path) == []


@given(frames(), params)
@settings(max_examples=50)
def test_whatever_a_result_holds_comes_back(frame, weights):
    columns = {label: Column("some column, unit") for label in frame}
    given_result = Result({"metrics": metrics({"loss": 0.5}), "any": frame}, weights, columns)
    with tempfile.TemporaryDirectory() as place:
        sealed = records.save(given_result, manifest(), root=Path(place))
        found = records.load("tiny", "smoke", root=Path(place))
        assert verify(Path(place)) == []
    assert found.manifest == sealed
    for name, table in given_result.tables.items():
        back = found.result.tables[name]
        pd.testing.assert_frame_equal(back, table, check_exact=True, check_index_type=False)
    assert set(found.result.params) == set(weights)
    for name, array in weights.items():
        assert found.result.params[name].dtype == array.dtype
        np.testing.assert_array_equal(found.result.params[name], array)
