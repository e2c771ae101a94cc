"""A sweep is trained, measured point by point, resumed, recorded, and verified like any record."""

import json

import pandas as pd
import pytest
import tiny_experiment

from incontext import records
from incontext.cli import sweeping
from incontext.networks import recorder
from incontext.networks.store import Store
from incontext.provenance import plain

STEPS = "schedule.num_steps"
TEXT = f"preset: smoke\nseeds: 2\noverrides:\n  {STEPS}: [10, 20, 30]\n"


@pytest.fixture
def file(places, tmp_path):
    """A sweep of three points."""
    path = tmp_path / "steps.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def trainings(monkeypatch):
    """The number of steps and the seeds of every training that was started."""
    original, started = recorder.fit, []

    def fit(problem, schedule, **options):
        started.append((schedule.num_steps, *options["seeds"]))
        return original(problem, schedule, **options)

    monkeypatch.setattr(recorder, "fit", fit)
    return started


def table(root):
    return records.load_table("tiny", "steps", "points", root=root / "reports")


def test_the_table_holds_what_every_point_measures_by_itself(incontext, places, file, recorded):
    answer = incontext("run", "tiny", "--sweep", file, "--out", places.out)
    assert answer.status == 0
    assert answer.out.startswith("tiny/steps: 12 networks measured in ")
    found = table(places.out)
    assert list(found.columns) == ["point", STEPS, "metric", "seed", "value"]
    assert list(found[STEPS].unique()) == [10, 20, 30]
    mine = found[found[STEPS] == 20].reset_index(drop=True)
    alone = records.load_table("tiny", "smoke", "metrics", root=places.reports)
    columns = ["metric", "seed", "value"]
    # Side by side or alone is another program, which may round otherwise.
    pd.testing.assert_frame_equal(mine[columns], alone[columns], rtol=1e-6)
    metrics = records.load_table("tiny", "steps", "metrics", root=places.out / "reports")
    assert metrics["value"].tolist() == found["value"].tolist()
    assert f"first at {STEPS}=30" in set(metrics["metric"])


def test_settings_of_different_kinds_share_a_column_as_text(incontext, places, file):
    file.write_text("preset: smoke\npoints: [{task.dim: 2}, {task.slope: 0.5, poison: false}]")
    assert incontext("run", "tiny", "--sweep", file, "--out", places.out).status == 0
    found = table(places.out)
    types = found.dtypes[["task.dim", "task.slope", "poison"]].astype(str).tolist()
    assert types == ["int64", "float64", "bool"]
    assert set(found["task.slope"]) == {1.0, 0.5}
    for values, texts in (([1, None], ["1", "none"]), ([(1, 2), ()], ["1 2", "nothing"])):
        assert sweeping._column(pd.Series(values, dtype=object)).tolist() == texts


def test_a_sweep_that_was_stopped_goes_on_where_it_was(
    incontext, places, file, trainings, monkeypatch
):
    incontext("run", "tiny", "--sweep", file, "--out", places.out)
    whole, counted = table(places.out), recorder.fit
    trainings.clear()

    def interrupted(problem, schedule, **options):
        if len(trainings) == 5:
            raise KeyboardInterrupt
        return counted(problem, schedule, **options)

    with monkeypatch.context() as patch:
        patch.setattr(recorder, "fit", interrupted)
        answer = incontext("run", "tiny", "--sweep", file)
    again = f"incontext run tiny --sweep {file} --resume"
    assert (answer.status, answer.out) == (130, "")
    assert answer.err.endswith(f"incontext: interrupted; go on with: {again}\n")
    assert not (places.build / "runs" / "reports" / "tiny" / "steps").exists()
    assert incontext(*again.split()[1:]).status == 0
    assert len(trainings) == 12
    pd.testing.assert_frame_equal(table(places.build / "runs"), whole, check_exact=True)


def test_only_points_that_are_new_are_trained(incontext, file, trainings, recorded):
    incontext("run", "tiny", "--sweep", file, "--record")
    assert sorted({steps for steps, _ in trainings}) == [10, 30]  # 20 is the preset's
    trainings.clear()
    file.write_text(TEXT.replace("10, 20", "20, 40"))
    incontext("run", "tiny", "--sweep", file, "--record")
    assert {steps for steps, _ in trainings} == {40}


def test_a_point_that_diverges_is_named_after_all_others_are_trained(incontext, places, file):
    file.write_text("preset: smoke\noverrides: {schedule.optimizer.learning_rate: [1e30, 0.1]}")
    answer = incontext("run", "tiny", "--sweep", file, "--record")
    assert (answer.status, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "is not finite at step" in answer.err
    assert (
        "All others are trained; remove point 1 (schedule.optimizer.learning_rate=1e+30) and"
        in (answer.err)
    )
    assert len(list(Store(places.networks).files())) == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--sweep", "FILE", "--preset", "smoke"), "--preset and --seeds of a sweep are in its"),
        (("--sweep", "FILE", "--seeds", "2"), "--preset and --seeds of a sweep are in its file"),
        (("--sweep", "FILE", "--record", "--out", "x"), "--record writes into data/ and --out"),
    ],
)
def test_options_that_do_not_go_together_are_refused(incontext, places, file, arguments, sentence):
    given = [one.replace("FILE", str(file)) for one in arguments]
    answer = incontext("run", "tiny", *given)
    assert (answer.status, answer.out) == (2, "")
    assert sentence in answer.err
    assert not list(places.data.iterdir())


def test_a_recorded_sweep_is_described_verified_and_listed(
    incontext, places, file, recorded, monkeypatch
):
    assert incontext("run", "tiny", "--sweep", file, "--record").status == 0
    manifest = records.load("tiny", "steps", root=places.reports).manifest
    assert manifest.config == {
        "class": "Sweep",
        "preset": "smoke",
        "seeds": 2,
        "overrides": {STEPS: [10, 20, 30]},
        "base": plain(tiny_experiment.Config()),
    }
    assert manifest.seeds == (0, 1)
    good = incontext("verify", "tiny", "--recompute")
    assert (good.status, good.err) == (0, "")
    assert "tiny/steps: found again" in good.out
    assert ["tiny", "steps"] in [line.split()[:2] for line in incontext("list").out.splitlines()]
    assert json.loads(incontext("claims", "--format", "json").out)
    changed = tiny_experiment.config(learning_rate=0.2)
    monkeypatch.setitem(tiny_experiment.EXPERIMENT.presets, "smoke", changed)
    answer = incontext("verify")
    assert answer.status == 1
    assert "record it again with 'incontext run tiny --sweep sweeps/steps.yaml --record'" in (
        answer.err
    )
