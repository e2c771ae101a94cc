"""`run`, `list`, `verify` and `claims` on the tiny experiment."""

import json

import pandas as pd
import pytest

from incontext import records
from incontext.records.claims import Claim


def test_a_run_is_written_where_it_was_asked_for(incontext, places):
    assert incontext("run", "tiny", "--preset", "smoke").status == 0
    assert records.recorded(places.build / "runs") == [("tiny", "smoke")]
    answer = incontext("run", "tiny", "--preset", "smoke", "--out", places.out)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("tiny/smoke: 2 seeds in ")
    assert records.recorded(places.out) == [("tiny", "smoke")]
    manifest = records.load("tiny", "smoke", root=places.out).manifest
    assert manifest.seeds == (0, 1)
    assert manifest.precision == "float32, matrix products highest"
    assert manifest.wall_seconds > 0
    assert manifest.config == {
        "class": "Config",
        "num_steps": 20,
        "learning_rate": 0.1,
        "poison": False,
    }


def test_adding_a_seed_changes_no_other(incontext, places, recorded):
    incontext("run", "tiny", "--preset", "smoke", "--seeds", "3", "--out", places.out)
    two, three = (
        records.load_table("tiny", "smoke", "metrics", root=root)
        for root in (places.data, places.out)
    )
    kept = three[three["seed"] < 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, two, check_exact=True)


def test_nothing_of_a_finished_run_stays_behind(incontext, places):
    incontext("run", "tiny", "--preset", "smoke", "--record")
    assert not (places.build / "checkpoints" / "tiny").exists()
    assert not list(places.data.rglob(".*"))


def test_a_failed_save_keeps_the_training(incontext, places, monkeypatch):
    incontext("run", "tiny", "--preset", "poisoned")
    checkpoints = places.build / "checkpoints" / "tiny" / "poisoned"
    assert {path.name for path in checkpoints.glob("*.safetensors")} == {
        "first.safetensors",
        "second.safetensors",
    }


def test_resuming_with_other_seeds_is_refused(incontext):
    incontext("run", "tiny", "--preset", "poisoned")
    answer = incontext("run", "tiny", "--preset", "poisoned", "--seeds", "2", "--resume")
    assert answer.status == 1
    assert "run again without --resume" in answer.err


def test_resuming_what_never_started_starts(incontext, places):
    assert incontext("run", "tiny", "--preset", "smoke", "--record", "--resume").status == 0


def test_the_list_shows_what_is_recorded(incontext, recorded, places):
    lines = [line.split() for line in incontext("list").out.splitlines()]
    smoke, laptop = (
        next(x for x in lines if x[0] == "tiny" and name in x) for name in ("smoke", "laptop")
    )
    started = records.load_manifest("tiny", "smoke", root=places.data).started
    assert started[:10] in smoke
    assert "not" in laptop
    (places.data / "tiny" / "smoke" / "manifest.json").write_text("{}")
    assert "damaged: see incontext verify" in incontext("list").out


def test_verify_tells_a_good_record_from_a_changed_one(incontext, recorded, places):
    good = incontext("verify")
    assert (good.status, good.err) == (0, "")
    assert good.out.startswith("1 record as recorded")
    with (places.data / "tiny" / "smoke" / "metrics.csv").open("a") as file:
        file.write("third,0,1.0\n")
    bad = incontext("verify", "tiny")
    assert bad.status == 1
    assert bad.err.count("\n") == 1
    assert "tiny/smoke/metrics.csv: it was changed after it was recorded" in bad.err


def test_verify_sees_that_the_preset_is_another_one_now(incontext, recorded, monkeypatch):
    from tiny_experiment import EXPERIMENT, Config

    monkeypatch.setitem(EXPERIMENT.presets, "smoke", Config(num_steps=30))
    answer = incontext("verify")
    assert answer.status == 1
    assert "another configuration than the preset has today" in answer.err


def test_the_hash_of_a_preset_is_kept_as_long_as_its_source(places, monkeypatch):
    from incontext import experiments
    from incontext.cli import lookup

    today = lookup.config_hash("sine", "laptop")
    with monkeypatch.context() as patch:
        patch.setattr(experiments, "get", None)  # what is kept needs no import
        assert lookup.config_hash("sine", "laptop") == today
    (kept,) = (places.build / "presets").iterdir()
    for damaged in ("", "{", "[1]"):
        kept.write_text(damaged)
        assert lookup.config_hash("sine", "laptop") == today
    monkeypatch.setattr(lookup, "source_hash", lambda module: "another source")
    lookup.config_hash("sine", "laptop")
    assert len(list((places.build / "presets").iterdir())) == 2


def test_a_rerun_here_is_the_same_to_the_last_bit_or_says_what_is_not(incontext, recorded, places):
    answer = incontext("verify", "--rerun", "tiny", "--preset", "smoke")
    assert answer.status == 0
    assert (
        "agrees (same machine, versions, source and configuration: to the last bit)" in answer.out
    )


def rewrite(places, **changes):
    """Record the tiny record again with another manifest or other metrics."""
    from dataclasses import replace

    record = records.load("tiny", "smoke", root=places.data)
    table = record.result.tables["metrics"]
    changed = table.assign(value=table["value"] + changes.pop("shift", 0.0))
    result = replace(record.result, tables={"metrics": changed})
    records.save(result, replace(record.manifest, **changes), root=places.data)


def test_a_rerun_elsewhere_that_is_the_same_all_the_same_says_so(incontext, recorded, places):
    rewrite(places, cpu="another")
    answer = incontext("verify", "--rerun", "tiny", "--preset", "smoke")
    assert answer.status == 0
    assert "agrees (to the last bit, though not the same cpu)" in answer.out


def test_a_rerun_says_what_differs(incontext, recorded, places):
    rewrite(places, shift=1e-7, cpu="another")
    answer = incontext("verify", "--rerun", "tiny", "--preset", "smoke")
    assert answer.status == 0
    assert "agrees (not the same cpu: means over seeds within four standard errors" in answer.out
    rewrite(places, shift=100.0)
    answer = incontext("verify", "--rerun", "tiny", "--preset", "smoke")
    assert answer.status == 1
    assert "metric first is" in answer.out


CLAIM = Claim(
    id="tiny-first",
    figure="A99",
    paper="A",
    statement="The first loss is small.",
    source="nowhere",
    experiment="tiny",
    metric="first",
    reduce="mean",
    expected=0.0,
    upper=100.0,
    why="It is a test.",
    presets=("smoke", "paper"),
)
KEYS = [
    *("id", "figure", "paper", "experiment", "preset", "status"),
    *("measured", "expected", "lower", "upper", "seeds"),
]


@pytest.mark.parametrize(("upper", "status", "word"), [(1e6, 0, "pass"), (1e-9, 1, "fail")])
def test_claims_fail_with_status_one(incontext, recorded, monkeypatch, upper, status, word):
    from dataclasses import replace

    monkeypatch.setattr("incontext.cli.claims.read_ledger", lambda: (replace(CLAIM, upper=upper),))
    answer = incontext("claims", "--format", "json")
    assert answer.status == status
    smoke, paper = json.loads(answer.out)
    assert list(smoke) == list(paper) == KEYS
    assert (smoke["status"], smoke["seeds"], smoke["lower"]) == (word, 2, None)
    assert (paper["status"], paper["measured"], paper["seeds"]) == ("not recorded", None, 0)
    table = incontext("claims", "--preset", "smoke")
    assert table.status == status
    assert f"1 {word}" in table.out
    assert "tiny-first" in table.out


def test_a_run_shows_that_it_is_being_prepared_before_it_trains(monkeypatch):
    import io

    from rich.console import Console

    from incontext.cli import progress

    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=80)
    monkeypatch.setattr(progress, "Console", lambda stderr: terminal)
    with progress.Display(progress.Clock(None, "2024-02-29T12:00:00Z")) as display:
        assert "preparing" in shown.getvalue()
        with display.stage("first", 3) as report:
            report(2)
    last = shown.getvalue().rpartition("first")[2]
    assert "2/3" in last
    assert "preparing" not in last
