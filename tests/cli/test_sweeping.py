"""A sweep is run point by point, resumed, gathered, recorded, and verified like any record."""

import json
import shutil

import pandas as pd
import pytest
import tiny_experiment

from incontext import records
from incontext.cli import sweeping
from incontext.records import store
from incontext.records.manifest import hash_json

TEXT = """
preset: smoke
seeds: 2
overrides:
  num_steps: [10, 20, 30]
"""
LEARNING = "learning_rate"


@pytest.fixture
def file(places, tmp_path):
    """A sweep of three points."""
    path = tmp_path / "steps.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def trainings(monkeypatch):
    """The number of steps of every training that was started."""
    original, started = tiny_experiment.EXPERIMENT.train, []

    def train(config, *, seeds, workspace):
        started.append(config.num_steps)
        return original(config, seeds=seeds, workspace=workspace)

    train.__module__ = original.__module__
    object.__setattr__(tiny_experiment.EXPERIMENT, "train", train)
    yield started
    object.__setattr__(tiny_experiment.EXPERIMENT, "train", original)


def table(root):
    return records.load_table("tiny", "steps", "points", root=root)


def test_the_table_holds_what_every_point_measures_by_itself(incontext, places, file):
    answer = incontext("run", "tiny", "--sweep", file, "--out", places.out)
    assert answer.status == 0
    assert answer.out.startswith("tiny/steps: 3 points in ")
    assert "steps: point 2 of 3 (num_steps=20); about " in answer.err
    incontext("run", "tiny", "--preset", "smoke")
    alone = records.load_table("tiny", "smoke", "metrics", root=places.build / "runs")
    found = table(places.out)
    assert list(found.columns) == ["point", "num_steps", "metric", "seed", "value"]
    assert list(found["num_steps"].unique()) == [10, 20, 30]
    mine = found[found["num_steps"] == 20].reset_index(drop=True)
    columns = ["metric", "seed", "value"]
    pd.testing.assert_frame_equal(mine[columns], alone[columns], check_exact=True)
    metrics = records.load_table("tiny", "steps", "metrics", root=places.out)
    assert metrics["value"].tolist() == found["value"].tolist()
    assert "first at num_steps=30" in set(metrics["metric"])


def test_the_record_says_what_was_swept(incontext, places, file):
    incontext("run", "tiny", "--sweep", file, "--record")
    manifest = records.load("tiny", "steps", root=places.data).manifest
    base = {"class": "Config", "num_steps": 20, "learning_rate": 0.1, "poison": False}
    assert manifest.config == {
        "class": "Sweep",
        "preset": "smoke",
        "seeds": 2,
        "overrides": {"num_steps": [10, 20, 30]},
        "base": base,
    }
    assert manifest.seeds == (0, 1)
    assert manifest.wall_seconds > 0


def test_settings_of_different_kinds_share_a_column_as_text(incontext, places, file):
    file.write_text("preset: smoke\npoints: [{num_steps: 10}, {learning_rate: 0.5, poison: false}]")
    assert incontext("run", "tiny", "--sweep", file, "--out", places.out).status == 0
    found = table(places.out)
    assert found.dtypes[["num_steps", LEARNING, "poison"]].astype(str).tolist() == [
        *("int64", "float64", "bool"),
    ]
    assert set(found[LEARNING]) == {0.1, 0.5}
    for values, texts in (([1, None], ["1", "none"]), ([(1, 2), ()], ["1 2", "nothing"])):
        assert sweeping._column(pd.Series(values, dtype=object)).tolist() == texts


def test_a_sweep_that_was_stopped_goes_on_with_the_point_it_was_at(
    incontext, places, file, trainings, monkeypatch
):
    incontext("run", "tiny", "--sweep", file, "--out", places.out)
    whole = table(places.out)
    shutil.rmtree(places.build)
    original, trainings[:] = tiny_experiment.EXPERIMENT.train, []

    def interrupted(config, *, seeds, workspace):
        if config.num_steps == 20:
            raise KeyboardInterrupt
        return original(config, seeds=seeds, workspace=workspace)

    interrupted.__module__ = original.__module__
    object.__setattr__(tiny_experiment.EXPERIMENT, "train", interrupted)
    answer = incontext("run", "tiny", "--sweep", file)
    object.__setattr__(tiny_experiment.EXPERIMENT, "train", original)
    again = f"incontext run tiny --sweep {file} --resume"
    assert (answer.status, answer.out) == (130, "")
    assert answer.err.endswith(f"incontext: interrupted; go on with: {again}\n")
    assert trainings == [10]
    assert not (places.build / "runs" / "tiny" / "steps").exists()
    assert incontext(*again.split()[1:]).status == 0
    assert trainings == [10, 20, 30]
    pd.testing.assert_frame_equal(table(places.build / "runs"), whole, check_exact=True)


def test_points_that_were_trained_are_kept_only_with_resume(incontext, file, trainings):
    incontext("run", "tiny", "--sweep", file)
    incontext("run", "tiny", "--sweep", file, "--resume")
    assert trainings == [10, 20, 30]
    file.write_text(TEXT.replace("10, 20", "20, 40"))
    incontext("run", "tiny", "--sweep", file, "--resume")
    assert trainings == [10, 20, 30, 40]
    incontext("run", "tiny", "--sweep", file)
    assert trainings == [10, 20, 30, 40, 20, 40, 30]


def test_a_point_can_be_trained_by_itself_and_in_blocks(incontext, places, file, trainings):
    assert incontext("run", "tiny", "--sweep", f"{file}@2").status == 0
    for block in ("0-0", "1-1"):
        answer = incontext("run", "tiny", "--sweep", f"{file}@3", "--block", block)
        assert answer.status == 0
        assert f": seeds {block} in " in answer.out
    again = incontext("run", "tiny", "--sweep", f"{file}@2", "--resume")
    assert ": trained already -> " in again.out
    assert trainings == [20, 30, 30]
    assert incontext("run", "tiny", "--sweep", file, "--resume", "--out", places.out).status == 0
    in_blocks = table(places.out)
    incontext("run", "tiny", "--sweep", file, "--out", places.out)
    pd.testing.assert_frame_equal(in_blocks, table(places.out), check_exact=True)


def change(places, **changes):
    """Keep every point with another manifest."""
    from dataclasses import replace

    root = places.build / "sweeps"
    for name, label in records.recorded(root):
        record = records.load(name, label, root=root)
        store.save(record.result, replace(record.manifest, **changes), root=root)


def test_points_of_another_machine_are_refused_and_of_other_source_trained_again(
    incontext, places, file, trainings
):
    incontext("run", "tiny", "--sweep", file)
    change(places, cpu="another")
    answer = incontext("run", "tiny", "--sweep", file, "--resume")
    assert answer.status == 2
    assert "point 1 was trained with other cpu (another); go on where it was" in answer.err
    assert answer.err.count("\n") == 1
    other = {"a.py": "0" * 64}
    change(places, source_hash=hash_json(other), sources=other)
    assert incontext("run", "tiny", "--sweep", file, "--resume").status == 0
    assert trainings == [10, 20, 30] * 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--sweep", "FILE", "--preset", "smoke"), "--preset and --seeds of a sweep are in its"),
        (("--sweep", "FILE", "--seeds", "2"), "--preset and --seeds of a sweep are in its file"),
        (("--sweep", "FILE", "--block", "0-1"), "FILE has the points 1 to 3, as in FILE@1"),
        (("--sweep", "FILE@4"), "--sweep is 'FILE@4'; FILE has the points 1 to 3, as in FILE@1"),
        (("--sweep", "FILE@1", "--record"), "a point writes no result; leave out --record"),
        (("--sweep", "FILE", "--record", "--out", "x"), "--record writes into data/ and --out"),
    ],
)
def test_options_that_do_not_go_together_are_refused(incontext, places, file, arguments, sentence):
    given = [one.replace("FILE", str(file)) for one in arguments]
    answer = incontext("run", "tiny", *given)
    assert (answer.status, answer.out) == (2, "")
    assert sentence in answer.err.replace(str(file), "FILE")
    assert not list(places.data.iterdir())


@pytest.fixture
def recorded_sweep(incontext, places, file):
    """The sweep is recorded."""
    assert incontext("run", "tiny", "--sweep", file, "--record").status == 0


def test_a_recorded_sweep_is_verified_listed_and_leaves_claims_alone(
    incontext, places, recorded_sweep
):
    good = incontext("verify")
    assert (good.status, good.err) == (0, "")
    assert good.out.startswith("1 record as recorded")
    assert ["tiny", "A99", "steps", "2"] in [
        line.split()[:4] for line in incontext("list").out.splitlines()
    ]
    assert json.loads(incontext("claims", "--format", "json").out)
    answer = incontext("verify", "--rerun", "tiny", "--preset", "steps")
    assert answer.status == 0
    assert "tiny/steps: agrees (same machine, versions, source and configuration" in answer.out
    other = incontext("verify", "--rerun", "tiny", "--preset", "stepz")
    assert "there is no preset or recorded sweep 'stepz'; valid names are: smoke" in other.err


def test_a_sweep_of_a_preset_that_has_changed_is_found(incontext, recorded_sweep, monkeypatch):
    changed = tiny_experiment.Config(learning_rate=0.2)
    monkeypatch.setitem(tiny_experiment.EXPERIMENT.presets, "smoke", changed)
    answer = incontext("verify")
    assert answer.status == 1
    assert "record it again with 'incontext run tiny --sweep sweeps/steps.yaml --record'" in (
        answer.err
    )
