"""`run`, `report`, `list`, `claims` and the options of all commands, on the tiny experiment."""

import json
import re
from dataclasses import replace
from importlib import metadata

import pandas as pd
import pytest
from tiny_experiment import EXPERIMENT, Config

from incontext import records
from incontext.networks.store import Store
from incontext.provenance import plain
from incontext.records.claims import Claim


def metrics(root, preset="smoke"):
    return records.load_table("tiny", preset, "metrics", root=root)


def test_a_run_is_written_where_it_was_asked_for(incontext, places):
    assert incontext("run", "tiny", "--preset", "smoke").status == 0
    assert records.recorded(places.build / "runs" / "reports") == [("tiny", "smoke")]
    answer = incontext("run", "tiny", "--preset", "smoke", "--out", places.out)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("tiny/smoke: 4 networks measured in ")
    manifest = records.load("tiny", "smoke", root=places.out / "reports").manifest
    assert manifest.seeds == (0, 1)
    assert manifest.precision == "float32, matrix products highest"
    assert manifest.config == plain(Config())
    files = Store(places.out / "networks").files()
    names = [f"{path.parent.name}/{path.stem}" for path in files]
    assert sorted(manifest.networks) == names
    assert not list(places.data.iterdir())


def test_adding_a_seed_changes_no_other_and_trains_no_other(incontext, places, recorded):
    before = {path: path.stat().st_mtime_ns for path in Store(places.networks).files()}
    two = metrics(places.reports)
    answer = incontext("run", "tiny", "--preset", "smoke", "--seeds", "3", "--record")
    assert answer.out.startswith("tiny/smoke: 6 networks measured")
    three = metrics(places.reports)
    kept = three[three["seed"] < 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, two, check_exact=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not [path for path in places.data.rglob("*") if path.name.startswith(".")]


def test_fewer_seeds_never_replace_more(incontext, places, recorded):
    answer = incontext("run", "tiny", "--preset", "smoke", "--seeds", "1", "--record")
    assert answer.status == 0
    assert records.load("tiny", "smoke", root=places.reports).manifest.seeds == (0, 1)


def test_a_report_that_fails_keeps_the_networks(incontext, places):
    answer = incontext("run", "tiny", "--preset", "poisoned", "--record")
    assert answer.status == 1
    assert len(list(Store(places.networks).files())) == 2
    assert not list(places.reports.rglob("*.csv"))


def test_a_report_is_made_again_without_training(incontext, places, recorded):
    before = {path.name: path.read_bytes() for path in recorded.glob("[!m]*")}
    (recorded / "manifest.json").unlink()
    for name in ("metrics.csv", "params.safetensors"):
        (recorded / name).unlink()
    answer = incontext("report", "tiny", "--preset", "smoke")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("tiny/smoke: 4 networks measured")
    assert {path.name: path.read_bytes() for path in recorded.glob("[!m]*")} == before


def test_a_report_without_networks_says_which_training_is_missing(incontext, places):
    answer = incontext("report", "tiny", "--preset", "smoke")
    assert answer.status == 1
    assert "tiny-first is not trained with any seed at smoke; train it with" in answer.err
    command = answer.err.partition("'")[2].rpartition("'")[0]
    assert incontext(*command.split()[1:]).status == 0
    assert incontext("report", "tiny", "--preset", "smoke").status == 0


def test_a_file_that_is_not_ours_is_never_deleted(incontext, places, recorded):
    (recorded / "notes.csv").write_text("mine")
    for command in (("run", "tiny", "--record"), ("report", "tiny")):
        answer = incontext(*command, "--preset", "smoke")
        assert answer.status == 1
        assert "it holds 'notes.csv', which its manifest does not name and recording would" in (
            answer.err
        )
        assert answer.err.count("\n") == 1
    (recorded / "manifest.json").write_text("damaged")
    assert incontext("report", "tiny", "--preset", "smoke").status == 1
    assert (recorded / "notes.csv").read_text() == "mine"
    assert (recorded / "metrics.csv").exists()


def test_nothing_is_written_through_a_link(incontext, places, recorded):
    elsewhere = places.out / "elsewhere"
    places.out.mkdir()
    recorded.parent.rename(elsewhere)
    recorded.parent.symlink_to(elsewhere)
    before = {path: path.read_bytes() for path in elsewhere.rglob("*.*")}
    answer = incontext("report", "tiny", "--preset", "smoke")
    assert answer.status == 1
    assert "it is a symbolic link, which no record is" in answer.err
    assert {path: path.read_bytes() for path in elsewhere.rglob("*.*")} == before


def row(answer, preset):
    return next(line.split() for line in answer.out.splitlines() if f" {preset} " in line)


def test_the_list_shows_what_is_recorded_and_what_is_missing(incontext, recorded, places):
    started = records.load_manifest("tiny", "paper", root=places.reports).started
    found = row(incontext("list"), "paper")
    assert found[:5] == ["tiny", "paper", started[:10], "2", "4"]
    assert row(incontext("list"), "diverging")[2:6] == ["not", "recorded", "0", "4"]
    (places.reports / "tiny" / "paper" / "manifest.json").write_text("{}")
    next(iter(Store(places.networks).files())).write_bytes(b"x")
    said = incontext("list")
    assert said.status == 0
    assert "damaged: see incontext verify" in said.out


def test_a_narrow_terminal_shows_every_name_whole(incontext, recorded, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    for command in (["list"], ["train", "--list"]):
        shown = re.sub(r"\x1b\[[0-9;]*m", "", incontext(*command).out)
        assert "…" not in shown
        assert max(map(len, shown.splitlines()[:-2])) <= 80
    monkeypatch.setattr("incontext.cli.claims.read_ledger", lambda: (CLAIM,))
    shown = incontext("claims").out
    assert "tiny-first-loss-is-small" in shown
    assert "not recorded" not in shown
    assert "pass" in shown


HOSTILE = "[/nonsense][link=x]\x1b[31m<b>"


def test_what_a_record_says_is_not_obeyed(incontext, recorded, places):
    manifest = records.load_manifest("tiny", "smoke", root=places.reports)
    record = records.load("tiny", "smoke", root=places.reports)
    for change in (
        {"cpu": "<script>alert(1)</script>"},
        {"cpu": HOSTILE},
        {"versions": {**manifest.versions, "jax": "![](http://x)"}},
        {"device": {**manifest.device, "kind": "\x1b]0;title\x07"}},
    ):
        with pytest.raises(records.RecordError, match="it names a machine or version"):
            records.save(record.result, replace(manifest, **change), root=places.reports)
    (places.reports / "tiny" / HOSTILE.replace("/", "")).mkdir()
    (places.reports / "tiny" / HOSTILE.replace("/", "") / "manifest.json").write_text("{}")
    for command in (["list"], ["verify"], ["claims"]):
        answer = incontext(*command)
        assert "\x1b" not in answer.out + answer.err
        assert "Traceback" not in answer.err
    assert r"\x1b[31m<b>" in incontext("verify").err


CLAIM = Claim(
    id="tiny-first-loss-is-small",
    kind="own",
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
    *("id", "kind", "figure", "paper", "experiment", "preset", "status"),
    *("measured", "interval", "expected", "lower", "upper", "seeds"),
]


@pytest.mark.parametrize(("upper", "status", "word"), [(1e6, 0, "pass"), (1e-9, 1, "fail")])
def test_claims_fail_with_status_one(incontext, recorded, monkeypatch, upper, status, word):
    claim = replace(CLAIM, upper=upper, presets=("smoke", "huge"))
    monkeypatch.setattr("incontext.cli.claims.read_ledger", lambda: (claim,))
    answer = incontext("claims", "--format", "json")
    assert answer.status == status
    smoke, other = json.loads(answer.out)
    assert set(smoke) >= set(KEYS)
    assert (smoke["status"], smoke["seeds"], smoke["lower"]) == (word, 2, None)
    assert (other["status"], other["measured"], other["seeds"]) == ("not recorded", None, 0)
    table = incontext("claims", "--preset", "smoke")
    assert table.status == status
    assert f"1 {word}" in table.out
    assert claim.id in table.out


def test_a_data_directory_can_be_named(incontext, recorded, places, monkeypatch):
    monkeypatch.setenv("INCONTEXT_DATA", str(places.out))
    assert "3 reports" in incontext("--data", places.data, "verify").out
    answer = incontext("--data", places.out, "list")
    assert (answer.status, answer.out) == (2, "")
    assert "it must be a directory that exists" in answer.err


def test_the_version_is_printed(incontext):
    answer = incontext("--version")
    assert (answer.status, answer.out) == (0, f"{metadata.version('incontext')}\n")


def test_a_run_shows_how_far_it_is(monkeypatch):
    import io

    from rich.console import Console

    from incontext.cli import progress
    from incontext.networks.recorder import Missing

    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=80)
    monkeypatch.setattr(progress, "Console", lambda stderr: terminal)
    training = EXPERIMENT.trainings(Config())["first"].training
    with progress.Display([Missing(training, 0, 1, 90.0)] * 2) as display:
        assert "all of 2, about 3 min" in shown.getvalue()
        with display.stage("[/first]", 3) as report:
            report(2)
    last = shown.getvalue().rpartition("first")[2]
    assert "2/3" in last


def test_a_log_has_a_line_a_minute(monkeypatch, capsys):
    from incontext.cli import progress

    now = iter(range(0, 10_000, 70))
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(now)))
    with progress.Display([]) as display, display.stage("first", 30) as report:
        for step in (10, 20, 30):
            report(step)
    assert capsys.readouterr().err.startswith("first: 20 of 30 steps, ")
