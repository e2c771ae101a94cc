"""Damaged and dishonest records: every one is refused, and the file is named."""

import json
import os
import random

import numpy as np
import pytest
import safetensors.numpy
from record_samples import manifest, result

from incontext import records
from incontext.provenance import hash_json
from incontext.records import RecordError
from incontext.records.manifest import sha256
from incontext.records.verify import verify

FILES = ["metrics.csv", "curve.csv", "params.safetensors", "manifest.json"]


def refused(root, name):
    """The one problem that both verification and loading name."""
    (problem,) = verify(root)
    assert problem.path == str(root / "tiny" / "smoke" / name), problem
    with pytest.raises(RecordError) as caught:
        records.load("tiny", "smoke", root=root)
    assert str(caught.value).startswith(problem.path)
    assert "\n" not in str(caught.value)
    return problem.reason


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_is_found_wherever_it_is(root, record, faults, name):
    path = record / name
    original = path.read_bytes()
    rng = random.Random(name)
    for bit in rng.sample(range(8 * len(original)), 100):
        damaged = bytearray(original)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        refused(root, name)
        faults()
    path.write_bytes(original)
    assert verify(root) == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_or_grown_is_found(root, record, faults, name):
    path = record / name
    original = path.read_bytes()
    half = len(original) // 2
    for damaged in (
        b"",
        original[:1],
        original[:half],
        original[:-1],
        original + b"\n",
        original * 2,
    ):
        path.write_bytes(damaged)
        refused(root, name)
        faults()


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(root, record, faults, name):
    (record / name).unlink()
    assert "cannot be read: No such file" in refused(root, name)
    faults()


@pytest.mark.parametrize("name", FILES)
def test_something_else_in_place_of_a_file_is_refused(root, record, faults, name):
    path = record / name
    content = path.read_bytes()
    elsewhere = root.parent / f"{root.name}-elsewhere"
    elsewhere.write_bytes(content)
    stand_ins = {
        "is a symbolic link": lambda: path.symlink_to(elsewhere),
        "symbolic link, ": lambda: path.symlink_to(path.name),
        "is not a regular file": lambda: os.mkfifo(path),
        "cannot be read|not a regular file": path.mkdir,
    }
    for said, make in stand_ins.items():
        path.unlink()
        make()
        reason = refused(root, name)
        assert any(part in reason for part in said.split("|"))
        faults()
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        path.write_bytes(content)
    elsewhere.unlink()


def lie(record, change):
    """Rewrite a manifest so that its own checksum and form fit the lie."""
    path = record / "manifest.json"
    fields = json.loads(path.read_text("utf-8"))
    change(fields)
    fields["checksum"] = hash_json(
        {key: value for key, value in fields.items() if key != "checksum"}
    )
    path.write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", "utf-8")


def table(fields, name="curve"):
    return fields["tables"][name]


LIES = {
    "its config": lambda f: f["config"].update(learning_rate=0.2),
    "its config's hash": lambda f: f.update(config_hash="0" * 64),
    "an unknown field": lambda f: f.update(comment="fine"),
    "an unknown field inside": lambda f: f["device"].update(colour="green"),
    "a missing field": lambda f: f.pop("seeds"),
    "its sources": lambda f: f["sources"].update({"incontext/tasks/types.py": "1" * 64}),
    "another source": lambda f: f["sources"].update({"incontext/other.py": "0" * 64}),
    "a source in the parent": lambda f: f["sources"].update({"../other.py": "0" * 64}),
    "no sources": lambda f: f.update(sources={}),
    "an older version": lambda f: f.update(schema_version=0),
    "a newer version": lambda f: f.update(schema_version=4),
    "no version": lambda f: f.update(schema_version=None),
    "a version that is no number": lambda f: f.update(schema_version=True),
    "a version in words": lambda f: f.update(schema_version="1"),
    "another experiment": lambda f: f.update(experiment="other"),
    "another preset": lambda f: f.update(preset="paper"),
    "no seeds": lambda f: f.update(networks={"x-0123456789/seed-0": "0" * 64}, seeds=[]),
    "other seeds": lambda f: f.update(networks={"x-0123456789/seed-1": "0" * 64}, seeds=[0]),
    "seeds in words": lambda f: f.update(seeds=["0"]),
    "a negative duration": lambda f: f.update(wall_seconds=-1),
    "a path as experiment": lambda f: f.update(experiment="../tiny"),
    "a file in the parent": lambda f: f["files"].update({"../x.csv": "0" * 64}),
    "an absolute file": lambda f: f["files"].update({"/etc/passwd": "0" * 64}),
    "a hidden file": lambda f: f["files"].update({".x.csv": "0" * 64}),
    "a file with a line end": lambda f: f["files"].update({"x.csv\n": "0" * 64}),
    "a file without a table": lambda f: f["files"].update({"x.csv": "0" * 64}),
    "a table without a file": lambda f: f["tables"].update(x=table(f)),
    "a table in the parent": lambda f: f["tables"].update({"../x": table(f)}),
    "a forgotten file": lambda f: f["files"].pop("curve.csv"),
    "a short checksum": lambda f: f["files"].update({"curve.csv": "0"}),
    "no metrics": lambda f: (f["files"].pop("metrics.csv"), f["tables"].pop("metrics")),
    "an unknown type": lambda f: table(f)["columns"][0].update(dtype="object"),
    "a column without a name": lambda f: table(f)["columns"][0].pop("name"),
    "no description": lambda f: table(f)["columns"][0].update(description=""),
}


@pytest.mark.parametrize("change", LIES.values(), ids=LIES)
def test_a_manifest_that_lies_is_refused(root, record, faults, change):
    lie(record, change)
    refused(root, "manifest.json")
    faults()


TABLE_LIES = {
    "another number of rows": lambda f: table(f).update(rows=2),
    "another type": lambda f: table(f)["columns"][1].update(dtype="int64"),
    "a narrower type": lambda f: table(f)["columns"][0].update(dtype="bool"),
    "another name": lambda f: table(f)["columns"][0].update(name="epoch"),
    "another order": lambda f: table(f)["columns"].reverse(),
    "one column twice": lambda f: table(f)["columns"].append(table(f)["columns"][0]),
    "a column less": lambda f: table(f)["columns"].pop(),
    "a higher minimum": lambda f: table(f)["columns"][0].update(minimum=5),
}


@pytest.mark.parametrize("change", TABLE_LIES.values(), ids=TABLE_LIES)
def test_a_manifest_that_lies_about_a_table_is_refused(root, record, faults, change):
    lie(record, change)
    refused(root, "curve.csv")
    faults()


CONTENTS = [
    b"metric,seed,value\nloss,0,nan\n",
    b"metric,seed,value\nloss,0,inf\n",
    b"metric,seed,value\nloss,0,1e999\n",
    b"metric,seed,value\nloss,0,\n",
    b"metric,seed,value\nloss,0\n",
    b"metric,seed,value\nloss,0,1.0,2.0\n",
    b"metric,seed,value\n,0,1.0\n",
    b"metric,seed,value\nloss,0.5,1.0\n",
    b"metric,seed,value\nloss,-2,1.0\n",
    b"metric,seed,value\nloss,99999999999999999999,1.0\n",
    b"metric,seed,value\nloss,0,1.0\nloss,0,2.0\n",
    b"metric,seed,value\nloss,0,1.0\n\n",
    b'metric,seed,value\n"loss,0,1.0\n',
    b"metric,seed,value\nl\x00ss,0,1.0\n",
    b"metric,seed,value\nl\xffss,0,1.0\n",
    b"metric,seed,value\nloss,0,__import__('os').getcwd()\n",
    b"metric,seed\nloss,0\n",
    b"\xef\xbb\xbfmetric,seed,value\nloss,0,1.0\n",
]


@pytest.mark.parametrize("content", CONTENTS, ids=repr)
def test_a_table_with_a_valid_checksum_and_bad_cells_is_refused(root, record, faults, content):
    (record / "metrics.csv").write_bytes(content)
    rows = max(content.count(b"\n") - 1, 0)

    def change(fields):
        fields["files"]["metrics.csv"] = sha256(content)
        table(fields, "metrics")["rows"] = rows

    lie(record, change)
    refused(root, "metrics.csv")
    faults()


WEIGHTS = {
    "NaN": safetensors.numpy.save({"w": np.array([np.nan])}),
    "infinity": safetensors.numpy.save({"w": np.array([np.inf])}),
    "half precision": safetensors.numpy.save({"w": np.ones(2, np.float16)}),
    "a name in the parent": safetensors.numpy.save({"../w": np.ones(2)}),
    "an absolute name": safetensors.numpy.save({"/w": np.ones(2)}),
    "a pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07builtins\x94.",
    "a header longer than the file": (2**40).to_bytes(8, "little") + b"{}",
    "offsets beyond the file": (60).to_bytes(8, "little")
    + b'{"w":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}     ',
}


@pytest.mark.parametrize("content", WEIGHTS.values(), ids=WEIGHTS)
def test_weights_with_a_valid_checksum_and_bad_content_are_refused(root, record, faults, content):
    (record / "params.safetensors").write_bytes(content)
    lie(record, lambda fields: fields["files"].update({"params.safetensors": sha256(content)}))
    refused(root, "params.safetensors")
    faults()


TEXTS = [
    b"null",
    b"[]",
    b"{",
    b'{"schema_version": NaN}',
    b"[" * 100_000,
    b'{"schema_version": 1}',
    b'{"schema_version": 3}',
    b"\xff",
]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: repr(text[:25]))
def test_a_manifest_that_is_none_is_refused(root, record, faults, text):
    (record / "manifest.json").write_bytes(text)
    refused(root, "manifest.json")
    faults()


def test_a_manifest_written_with_a_field_twice_is_refused(root, record, faults):
    path = record / "manifest.json"
    path.write_text(path.read_text().replace('"cpu":', '"cpu": "another",\n  "cpu":'))
    assert "changed after it was recorded" in refused(root, "manifest.json")
    faults()


def test_directories_that_lead_out_of_the_tree_are_refused(root, record, faults):
    outside = root.parent / f"{root.name}-outside"
    record.rename(outside)
    record.symlink_to(outside)
    assert [problem.path for problem in verify(root)] == [str(record)]
    with pytest.raises(RecordError, match="symbolic link"):
        records.load("tiny", "smoke", root=root)
    faults()
    record.unlink()
    outside.rename(record)
    (root / "tiny").rename(outside)
    (root / "tiny").symlink_to(outside)
    assert [problem.path for problem in verify(root)] == [str(root / "tiny")]
    with pytest.raises(RecordError, match="symbolic link"):
        records.load("tiny", "smoke", root=root)
    faults()


@pytest.mark.parametrize(
    "name", ["..", ".", "", "/", "/etc", "../tiny", "a/b", "a\0b", "Ä", "a" * 65]
)
def test_a_name_that_leads_elsewhere_is_refused(root, faults, name):
    for experiment, preset in ((name, "smoke"), ("tiny", name)):
        with pytest.raises(RecordError, match="is no name of a record"):
            records.load(experiment, preset, root=root)
        with pytest.raises(RecordError, match="is no name of a record"):
            records.save(result(), manifest(experiment=experiment, preset=preset), root=root)
        faults(2)
    assert verify(root) == []


def test_a_record_moved_to_another_place_is_refused(root, record, faults):
    record.rename(root / "tiny" / "paper")
    (problem,) = verify(root)
    assert "it says tiny/smoke, but lies in tiny/paper" in problem.reason
    faults()


def test_the_checksums_of_another_record_do_not_help(root, record, faults):
    from record_samples import metrics, result

    records.save(result(metrics=metrics({"loss": [9.0]})), manifest(preset="paper"), root=root)
    other = root / "tiny" / "paper" / "metrics.csv"
    (record / "metrics.csv").write_bytes(other.read_bytes())
    refused(root, "metrics.csv")
    faults()
