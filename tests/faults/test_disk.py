"""Disks that are full, read-only or fail: one sentence, and what was there stays."""

import errno
import json
import os
import subprocess

import numpy as np
import pytest
from record_samples import manifest, metrics, result

from incontext import files, records
from incontext.cli.reports import network_problems
from incontext.records import RecordError, Result
from incontext.records.verify import verify


def big(kilobytes):
    return Result({"metrics": metrics({"loss": 1.0})}, {"weights": np.zeros(128 * kilobytes)})


def test_a_full_disk_keeps_the_old_record(small_disk, faults):
    records.save(result(), manifest(), root=small_disk)
    before = records.load("tiny", "smoke", root=small_disk)
    for kilobytes in (250, 300, 1000):
        for preset in ("smoke", "paper"):
            with pytest.raises(RecordError, match="No space left on device; no partial record"):
                records.save(big(kilobytes), manifest(preset=preset), root=small_disk)
            assert verify(small_disk) == []
            assert records.load("tiny", "smoke", root=small_disk).manifest == before.manifest
            assert not list(small_disk.rglob(".*"))
            faults()
    assert records.recorded(small_disk) == [("tiny", "smoke")]
    records.save(big(20), manifest(), root=small_disk)


def test_a_read_only_disk_can_be_read_and_not_written(small_disk, faults, command):
    reports = small_disk / "reports"
    records.save(result(), manifest(), root=reports)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert verify(reports) == []
    for preset in ("smoke", "paper"):
        with pytest.raises(RecordError, match="Read-only file system; no partial record"):
            records.save(result(), manifest(preset=preset), root=reports)
        faults()
    # A reader needs nothing but to read.
    places = {"INCONTEXT_DATA": str(small_disk), "INCONTEXT_BUILD": str(small_disk / "build")}
    listed = command("claims", "--format", "json", **places)
    assert json.loads(listed.communicate(timeout=60)[0])
    # A writer is told which place it is, before it trains.
    process = command("run", "tiny", "--preset", "smoke", **places)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "Read-only file system" in err
    assert "training" not in err
    assert err.count("\n") == 1
    faults(2)


def test_a_disk_that_fills_up_stops_the_run_with_one_sentence_and_loses_nothing(
    small_disk, command, faults
):
    (small_disk / "filler").write_bytes(b"x" * 240 * 1024)
    run = ("run", "tiny", "--preset", "laptop", "--resume", "--record")
    process = command(*run, INCONTEXT_DATA=str(small_disk))
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (1, "")
    said = err.replace("training\n", "")
    assert "No space left on device" in said
    assert said.count("\n") == 1
    assert not list(small_disk.rglob("manifest.json"))
    assert list(network_problems(small_disk / "networks")) == []
    kept = {path: path.read_bytes() for path in small_disk.rglob("*.safetensors")}
    (small_disk / "filler").unlink()
    process = command(*run, INCONTEXT_DATA=str(small_disk))
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert all(path.read_bytes() == content for path, content in kept.items())
    faults()


def attempt(changed, root):
    """Save; return what the error says, or None."""
    try:
        records.save(changed, manifest(), root=root)
    except RecordError as error:
        return str(error)
    return None


CALLS = ["write", "fsync", "mkdir", "swap"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
def test_a_disk_that_fails_at_any_call_keeps_the_old_record(
    root, record, faults, monkeypatch, call, code
):
    """Let the n-th of these calls fail, for every n there is."""
    before = {path.name: path.read_bytes() for path in record.iterdir()}
    targets = {
        "write": (files, "_write"),
        "fsync": (os, "fsync"),
        "mkdir": (os, "mkdir"),
        "swap": (files, "_swap"),
    }
    holder, name = targets[call]
    original = getattr(holder, name)
    for failing in range(1, 100):
        count = 0

        def fail(*arguments, failing=failing, **options):
            nonlocal count
            count += 1
            if count == failing:
                raise OSError(code, os.strerror(code))
            return original(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(holder, name, fail)
            said = attempt(result(metrics=metrics({"loss": 9.0})), root)
        if count < failing:  # there are no more calls: this one was not disturbed
            break
        assert not list(root.rglob(".*"))
        assert verify(root) == []
        is_old = {path.name: path.read_bytes() for path in record.iterdir()} == before
        # A failure that was mended on the way is none, and after the exchange of directories only
        # the last fsync can fail.
        assert said is None or os.strerror(code) in said
        assert is_old == (said is not None) or (call == "fsync" and not is_old)
        records.save(result(), manifest(), root=root)
        faults()
    else:
        pytest.fail("more than 100 calls")
