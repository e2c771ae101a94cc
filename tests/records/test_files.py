"""Directories of files: read and replaced as a whole, locked by one process at a time."""

import os

import pytest

from incontext import files
from incontext.errors import RecordError


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize("can_swap", [True, False])
def test_a_directory_is_replaced_as_a_whole(tmp_path, monkeypatch, can_swap):
    if not can_swap:
        monkeypatch.setattr(files, "_swap", lambda one, other: False)
    target = tmp_path / "target"
    for new in ({"a": b"1", "b": b"2"}, {"b": b"3"}):
        files.replace_directory(target, new)
        assert contents(target) == new
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_recorder_that_died_between_two_renames_is_undone(tmp_path):
    target = tmp_path / "target"
    files.replace_directory(target, {"a": b"1"})
    target.rename(tmp_path / ".target.old")
    (tmp_path / ".target.tmp-1").mkdir()
    files.clean(target)
    assert contents(target) == {"a": b"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_reader_starts_again_when_the_directory_was_replaced(tmp_path):
    target = tmp_path / "target"
    files.replace_directory(target, {"a": b"1"})
    seen = []

    def read(reader):
        if not seen:
            files.replace_directory(target, {"b": b"2"})
        seen.append(reader.names())
        return reader.read("b")

    assert files.read_whole(target, read) == b"2"
    assert seen[-1] == ["b"]


def test_a_reader_gives_up_when_the_file_really_is_not_there(tmp_path):
    calls = []

    def read(reader):
        calls.append(1)
        return reader.read("b")

    with pytest.raises(RecordError, match="b cannot be read: No such file"):
        files.read_whole(tmp_path, read)
    assert len(calls) == 1


def test_the_lock_is_free_again_after_the_block(tmp_path):
    target = tmp_path / "inner" / "target"
    for _ in range(2):
        with files.exclusive(target, "testing"):
            assert (tmp_path / "inner" / ".target.lock").read_text() == str(os.getpid())
            with pytest.raises(RecordError, match=f"process {os.getpid()} is testing already"):
                files.exclusive(target, "testing").__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_file_of_a_dead_process_does_not_bind(tmp_path):
    (tmp_path / ".target.lock").write_text("999999999")
    with files.exclusive(tmp_path / "target", "testing"):
        assert (tmp_path / ".target.lock").read_text() == str(os.getpid())


def test_a_full_disk_takes_a_lock_all_the_same(tmp_path, monkeypatch):
    def full(descriptor, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with (
        files.exclusive(tmp_path / "inner" / "target", "testing"),
        pytest.raises(RecordError, match="process unknown is testing already"),
    ):
        files.exclusive(tmp_path / "inner" / "target", "testing").__enter__()
    assert list(tmp_path.iterdir()) == []
