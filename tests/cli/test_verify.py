"""`verify`: everything that is off under data/ is named; numbers are made again, seed by seed."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import tiny_experiment
from record_samples import result

from incontext import records
from incontext.networks import files
from incontext.networks.store import Store
from incontext.records.compare import differences


def networks(places, preset="smoke"):
    """The files of the networks that the report of a preset was made of."""
    manifest = records.load_manifest("tiny", preset, root=places.reports)
    return [places.networks / f"{name}.safetensors" for name in sorted(manifest.networks)]


def change_network(path, name, change):
    """Write a network again with one array changed and all checksums true."""
    arrays, header = files.read(path)
    arrays[name] = change(arrays[name])
    del header["checksum"]
    files.write(path, arrays, header)


def record_again(places, preset="smoke", change=lambda table: table, **changes):
    """Write a report again, with every checksum true."""
    record = records.load("tiny", preset, root=places.reports)
    sums = {
        name: files.read_header(places.networks / f"{name}.safetensors")["checksum"]
        for name in record.manifest.networks
    }
    tables = {"metrics": change(record.result.tables["metrics"].copy())}
    found = dataclasses.replace(record.result, tables=tables)
    manifest = dataclasses.replace(record.manifest, **{"networks": sums, **changes})
    records.save(found, manifest, root=places.reports)


def found(incontext, *options):
    """What verify finds: one line."""
    answer = incontext("verify", *options)
    assert answer.status == 1
    assert answer.err.count("\n") == 1, answer.err
    return answer.err


def test_what_is_as_recorded_is_counted(incontext, recorded, places):
    for options, count in (([], 3), (["tiny"], 3), (["tiny", "--preset", "smoke"], 1)):
        answer = incontext("verify", *options)
        assert (answer.status, answer.err) == (0, "")
        assert answer.out.startswith(f"{count} reports and 8 networks as recorded in {places.data}")


def test_a_changed_table_is_named(incontext, recorded):
    with (recorded / "metrics.csv").open("a") as file:
        file.write("third,0,1.0\n")
    for options in ((), ("tiny",), ("tiny/smoke",)):
        assert "tiny/smoke/metrics.csv: it was changed after it was rec" in found(
            incontext, *options
        )
    assert incontext("verify", "tiny/paper").status == 0


def test_a_flipped_bit_in_a_network_is_found_wherever_it_is(incontext, recorded, places):
    from incontext.cli.reports import network_problems

    path = networks(places)[0]
    content = path.read_bytes()
    for bit in np.random.default_rng(0).choice(8 * len(content), 60, replace=False):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        assert str(path) in {problem.path for problem in network_problems(places.networks)}
    assert {line.partition(": ")[0] for line in incontext("verify").err.splitlines()} == {str(path)}


@pytest.mark.parametrize("content", [b"", b"{}", b"\x80\x04K\x01."], ids=repr)
def test_a_network_that_is_none_is_found(incontext, recorded, places, content):
    path = networks(places, "paper")[0]
    path.write_bytes(content)
    answer = incontext("verify")
    assert answer.status == 1
    assert {line.partition(": ")[0] for line in answer.err.splitlines()} == {str(path)}
    assert "Traceback" not in incontext("list").err


def test_a_renamed_network_is_found(incontext, recorded, places):
    path = networks(places)[0]
    path.rename(path.with_name("seed-7.safetensors"))
    answer = incontext("verify")
    said = answer.err.splitlines()
    assert len(said) == 2
    assert f"{path}: tiny/smoke was made of it, and" in said[0]
    assert "seed-7.safetensors: is of another training or seed than its name says" in said[1]


def test_a_network_of_another_training_in_its_place_is_found(incontext, recorded, places):
    first, second = networks(places, "paper")
    shutil.copy(second, first)
    assert f"{first}: is not the network that tiny/paper measured" in incontext("verify").err
    assert "is of another training or seed than its name says" in incontext("verify").err


def test_a_report_whose_network_was_exchanged_is_found(incontext, recorded, places):
    path = networks(places)[0]
    change_network(path, "final/layer/weights", lambda array: array + 1e-3)
    assert f"{path}: is not the network that tiny/smoke measured" in found(incontext)


def test_what_is_no_network_is_found(incontext, recorded, places):
    stray = places.networks / "notes.txt"
    stray.write_text("mine")
    assert f"{stray}: is no trained network; move it elsewhere" in found(incontext)
    stray.unlink()
    directory = networks(places)[0].parent
    directory.rename(places.out)
    directory.symlink_to(places.out)
    assert f"{directory}: is a symbolic link, which no network is" in incontext("verify").err


def test_a_missing_report_is_found_and_so_is_an_empty_directory(incontext, recorded, places):
    trained = networks(places, "paper")[0].parent
    shutil.rmtree(places.reports / "tiny" / "paper")
    again = "incontext run tiny --preset paper --record"
    assert f"tiny/paper: is missing; record it with '{again}'" in found(incontext)
    shutil.rmtree(places.reports / "tiny")
    assert incontext("verify").err.count("is missing; record it with") == 2
    shutil.rmtree(trained)
    assert incontext("verify").err.count("is missing; record it with") == 1


def test_a_report_of_no_experiment_is_found(incontext, recorded, places):
    record = records.load("tiny", "smoke", root=places.reports)
    invented = dataclasses.replace(record.manifest, experiment="invented")
    records.save(record.result, invented, root=places.reports)
    assert "invented/smoke: is of no experiment there is; remove it" in incontext("verify").err


@pytest.mark.parametrize(
    "text", ['"\\ud800"', "1" * 5000, "1e999", "[" * 900 + "]" * 900], ids=lambda text: text[:9]
)
def test_one_damaged_manifest_is_named_and_the_others_are_verified(
    incontext, recorded, places, text
):
    path = recorded / "manifest.json"
    path.write_text(path.read_text().replace('"config": {', f'"config": {{"odd": {text},', 1))
    (places.reports / "tiny" / "paper" / "metrics.csv").write_text("")
    said = incontext("verify").err.splitlines()
    assert [line.partition(": ")[0] for line in said] == [
        str(places.reports / "tiny" / "paper" / "metrics.csv"),
        str(path),
    ]
    assert "damaged: see incontext verify" in (
        incontext("list").out + "damaged: see incontext verify"
    )
    assert incontext("list").status == 0


def test_another_configuration_than_the_preset_has_today_is_found(incontext, recorded, monkeypatch):
    presets = tiny_experiment.EXPERIMENT.presets
    monkeypatch.setitem(presets, "smoke", tiny_experiment.config(30))
    assert "another configuration than the preset has today" in found(incontext)


def test_the_hash_of_a_preset_is_kept_as_long_as_its_source(places, monkeypatch):
    from incontext import experiments
    from incontext.cli import lookup

    monkeypatch.setattr(experiments, "MODULES", {"mesa": "incontext.experiments.mesa"})
    today = lookup.config_hash("mesa", "laptop")
    with monkeypatch.context() as patch:
        patch.setattr(experiments, "get", None)  # what is kept needs no import
        assert lookup.config_hash("mesa", "laptop") == today
    (kept,) = (places.build / "presets").iterdir()
    for damaged in ("", "{", "[1]"):
        kept.write_text(damaged)
        assert lookup.config_hash("mesa", "laptop") == today
    monkeypatch.setattr(lookup, "sources", lambda module: {"another": "source"})
    lookup.config_hash("mesa", "laptop")
    assert len(list((places.build / "presets").iterdir())) == 2


def recomputed(incontext, *options):
    answer = incontext("verify", "tiny/smoke", "--recompute", *options)
    assert answer.err == ""
    return answer.status, answer.out.splitlines()[1:]


def test_reports_are_found_again(incontext, recorded):
    assert recomputed(incontext) == (0, ["tiny/smoke: found again"])
    assert incontext("verify", "--recompute").out.count("found again") == 3


def test_a_metric_that_was_changed_with_all_checksums_is_found(incontext, recorded, places):
    def change(table):
        table.loc[1, "value"] *= 1.01
        return table

    record_again(places, change=change)
    status, said = recomputed(incontext)
    assert status == 1
    assert said[0].startswith("tiny/smoke: table metrics, row 2, value: ")
    assert said[-1] == "tiny/smoke: differs"


def test_a_row_and_weights_that_were_left_out_are_found(incontext, recorded, places):
    record_again(places, change=lambda table: table.iloc[:-1])
    assert "table metrics has other columns or another number of rows" in str(recomputed(incontext))
    record = records.load("tiny", "smoke", root=places.reports)
    kept = {"first/weights": record.result.params["first/weights"]}
    fewer = dataclasses.replace(record.result, params=kept)
    records.save(fewer, record.manifest, root=places.reports)
    assert "weights second/weights are in one of them only" in str(recomputed(incontext))


def test_weights_that_were_changed_with_their_checksum_are_found_by_their_loss(
    incontext, recorded, places
):
    change_network(networks(places)[0], "final/layer/weights", lambda array: array * 1.05)
    record = records.load("tiny", "smoke", root=places.reports)
    record_again(places)
    status, said = recomputed(incontext)
    assert status == 1
    assert "seed 0: the loss of these weights is" in said[0]
    assert "they do not belong together" in said[0]
    change_network(networks(places)[0], "losses", lambda losses: losses * 0 + 1.0)
    record_again(places)
    assert recomputed(incontext)[0] == 1
    assert record.manifest.networks.keys() == {
        f"{path.parent.name}/{path.stem}" for path in networks(places)
    }


RERUN = ("verify", "--rerun", "tiny", "--preset", "smoke")


def test_a_rerun_here_is_the_same_to_the_last_bit(incontext, recorded, places):
    answer = incontext(*RERUN)
    assert (answer.status, answer.out.count(": agrees")) == (0, 4)
    change_network(networks(places)[0], "final/layer/weights", lambda w: np.nextafter(w, w + 1))
    answer = incontext(*RERUN)
    assert (answer.status, answer.out.count(": agrees")) == (1, 3)
    assert "tiny-first, seed 0: the weights or the loss curve are not the same" in answer.out


def test_one_bad_seed_among_twenty_is_found_on_another_machine(
    incontext, recorded, places, monkeypatch
):
    incontext("train", "tiny-first", "--preset", "smoke", "--seeds", "0-19")
    paths = sorted(Store(places.networks).files())
    for path in paths:
        arrays, header = files.read(path)
        del header["checksum"]
        rounding = np.float32(1 + 1e-5)  # as another machine rounds
        files.write(path, {**arrays, "losses": arrays["losses"] * rounding}, {**header, "cpu": "x"})
    (bad,) = (path for path in paths if path.stem == "seed-7")
    change_network(bad, "losses", lambda losses: losses * np.float32(1.03))
    answer = incontext(*RERUN)
    assert (answer.status, answer.out.count(": agrees")) == (1, 21)
    assert "tiny-first, seed 7: the loss is " in answer.out


def test_a_table_of_another_machine_is_compared_within_rounding():
    table = result().tables["metrics"]
    for factor, count in ((1 + 5e-4, 0), (1 + 5e-3, 1)):
        other = result(metrics=table.assign(value=table["value"] * factor))
        assert len(differences(result(), other)) == count
    assert differences(result(), result(more=pd.DataFrame({"step": [1]})))
    named = table.assign(metric=["x", *table["metric"][1:]])
    assert "names other things" in differences(result(), result(metrics=named))[0]


def test_an_experiment_that_is_not_named_is_not_recomputed(incontext, recorded):
    assert "tiny/paper" not in incontext("verify", "tiny", "--preset", "smoke", "--recompute").out


def test_a_manifest_without_networks_is_still_read(incontext, recorded, places):
    record = records.load("tiny", "smoke", root=places.reports)
    old = dataclasses.replace(record.manifest, networks={}, schema_version=2)
    records.save(record.result, old, root=places.reports)
    assert "networks" not in json.loads((recorded / "manifest.json").read_text())
    assert recomputed(incontext) == (
        0,
        ["tiny/smoke: was made before networks were kept; nothing to make it from"],
    )
