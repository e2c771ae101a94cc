"""Files of networks: whole or not there, never changed, and refused when they are not right."""

import errno
import json
import os
import shutil

import jax
import numpy as np
import pytest
import safetensors.numpy

from incontext.networks import files
from incontext.networks import store as stores
from incontext.networks.files import FileError

ARRAYS = {
    "final/layer/w": np.asarray([[1.5, np.nan, -0.0], [np.inf, 1e-45, 3.0]], np.float32),
    "kept/10/layer/w": np.asarray([0.1, 65504.0], np.float16),
    "losses": np.asarray([], np.float32),
    "step": np.asarray(7),
    "bits": np.asarray([2**32 - 1], np.uint32),
}
HEADER = {"training": {"name": "größer", "list": [1, None, True]}, "seed": 3, "seconds": 0.1}


@pytest.fixture
def path(tmp_path):
    files.write(tmp_path / "deeper" / "one.safetensors", ARRAYS, HEADER)
    return tmp_path / "deeper" / "one.safetensors"


@pytest.fixture
def training(tiny):
    return tiny()


def record(store, networks, index=0):
    return store.write(networks, index, seconds=1.25, git={"commit": None, "dirty": None})


def names(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*.*"))


def assert_same_bits(one, other):
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert one.tobytes() == other.tobytes()


def test_arrays_come_back_to_the_last_bit_and_the_header_with_them(path):
    arrays, header = files.read(path)
    assert sorted(arrays) == sorted(ARRAYS)
    for name, array in ARRAYS.items():
        assert_same_bits(arrays[name], array)
    assert {**header, "checksum": 0} == {**HEADER, "checksum": 0}
    assert files.read_header(path) == header
    assert path.stat().st_mode & 0o777 == 0o644


def test_nested_parameters_come_back_from_flat_names():
    params = {"a/b": {"w": np.ones(2), "b": np.zeros(3)}, "c": {"w": np.ones(1)}}
    assert jax.tree.map(np.shape, files.unflatten("x", files.flatten("x", params))) == jax.tree.map(
        np.shape, params
    )
    assert sorted(files.flatten("x", params)) == ["x/a/b/b", "x/a/b/w", "x/c/w"]
    assert sorted(files.unflatten("x", files.flatten("x", {"number": np.ones(2)}))) == ["number"]


def test_every_flipped_bit_is_seen(path):
    few = ("final/layer/w", "kept/10/layer/w", "losses")
    files.write(path, {name: ARRAYS[name] for name in few}, {"seed": 3})
    content = path.read_bytes()
    for place in range(len(content)):
        for bit in range(place % 2, 8, 2):  # half of them: every bit at some place
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            path.write_bytes(flipped)
            with pytest.raises(FileError, match=r"one\.safetensors: it "):
                files.read(path)


def test_a_shortened_missing_or_foreign_file_is_refused(path):
    content = path.read_bytes()
    for length in (0, 7, 8, 100, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(FileError, match=r"one\.safetensors: it cannot be read"):
            files.read(path)
    for array in (ARRAYS, {}):
        path.write_bytes(safetensors.numpy.save(array))
        for read in (files.read, files.read_header):
            with pytest.raises(FileError, match=r"one\.safetensors: it has no header"):
                read(path)
    path.unlink()
    for read in (files.read, files.read_header):
        with pytest.raises(FileError, match=r"one\.safetensors: it cannot be read"):
            read(path)


@pytest.mark.parametrize("changed", ["header", "shape", "type", "name"])
def test_nothing_in_a_file_can_be_exchanged(path, changed):
    arrays, header = files.read(path)
    array = arrays.pop("final/layer/w")
    if changed == "header":
        header["seed"] = 4
    views = {"shape": array.reshape(3, 2), "type": array.view(np.int32)}
    arrays["final/layer/v" if changed == "name" else "final/layer/w"] = views.get(changed, array)
    text = json.dumps(header, sort_keys=True)
    path.write_bytes(safetensors.numpy.save(arrays, metadata={"header": text}))
    with pytest.raises(FileError, match="changed after it was written"):
        files.read(path)


@pytest.mark.parametrize("broken", ["fsync", "replace", "fdopen"])
def test_a_full_disk_leaves_what_was_there_and_nothing_half_written(path, monkeypatch, broken):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, broken, full)
        for target in (path, path.with_name("two.safetensors")):
            with pytest.raises(OSError, match="No space"):
                files.write(target, ARRAYS, {**HEADER, "seed": 4})
    assert [one.name for one in path.parent.iterdir()] == ["one.safetensors"]
    assert path.read_bytes() == before


def test_a_network_comes_back_with_what_made_it(store, training, in_memory):
    networks = in_memory(training, (0, 5))
    path = record(store, networks, 1)
    assert path == store.root / training.folder / "seed-5.safetensors"
    found = store.read(training, 5)
    mine = jax.tree.map(lambda leaf: np.asarray(leaf)[1], (networks.params, networks.kept))
    jax.tree.map(assert_same_bits, (found.params, dict(found.kept)), mine)
    assert_same_bits(found.losses, networks.losses[1])
    assert found.steps.tolist() == [0, 10, 20, 30]
    assert (found.training, found.seed, found.header["seconds"]) == (training, 5, 1.25)
    assert found.header["training"] == training.settings()
    assert {"source", "numerics", "versions", "device", "cpu", "git", "finished"} < {*found.header}
    assert "incontext/models/transformer.py" in found.header["sources"]
    assert not [name for name in found.header["sources"] if "/experiments/" in name]
    assert store.seeds(training) == (5,)
    assert list(store.files()) == [path]
    assert store.checksum(training, 5) == found.header["checksum"]


def test_a_recorded_network_is_never_written_again(store, training, made_up):
    path = record(store, made_up(training))
    before = path.read_bytes()
    with pytest.raises(FileError, match=r"seed-0\.safetensors: it is recorded already"):
        record(store, made_up(training))
    assert path.read_bytes() == before


def test_a_failing_disk_records_nothing_and_keeps_the_unfinished_training(
    store, training, made_up, monkeypatch
):
    store.save_unfinished(training, 0, {"step": np.asarray(10)}, 1.0)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        record(store, made_up(training))
    assert names(store.root / training.folder) == ["seed-0.unfinished"]
    assert store.seeds(training) == ()


def test_a_file_under_another_name_is_refused(store, tiny, made_up):
    one, other = tiny("first"), tiny("second")
    path = record(store, made_up(one))
    for target in (store.path(one, 1), store.path(other, 0)):
        target.parent.mkdir(exist_ok=True)
        shutil.copy(path, target)
    for training, seed in ((one, 1), (other, 0)):
        with pytest.raises(FileError, match=f"seed-{seed}.safetensors: it is of another training"):
            store.read(training, seed)
    assert store.read(one, 0).seed == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("training", None), ("seed", "0"), ("seconds", "long"), ("steps", [0]), ("steps", None)],
)
def test_a_header_that_somebody_made_up_is_refused(store, training, made_up, name, value):
    path = record(store, made_up(training))
    arrays, header = files.read(path)
    kept = {key: one for key, one in header.items() if key != "checksum"}
    files.write(path, arrays, kept | {name: value})
    with pytest.raises(FileError, match=r"seed-0\.safetensors: it has no .*restore it"):
        store.read(training, 0)


def test_only_so_much_is_kept_of_one_network(store, training, made_up, monkeypatch):
    networks = made_up(training)
    size = files_size(networks)
    monkeypatch.setattr(stores, "LARGEST", size - 1)
    with pytest.raises(FileError, match=r"at most \d+ are allowed; keep weights at fewer steps"):
        record(store, networks)
    assert not store.path(training, 0).exists()
    monkeypatch.setattr(stores, "LARGEST", size)
    record(store, networks)
    monkeypatch.undo()
    assert stores.LARGEST <= 2 * 2**20 - 50_000  # bytes of a header


def files_size(networks):
    leaves = jax.tree.leaves((networks.params, networks.losses, networks.kept))
    return sum(np.asarray(leaf)[0].nbytes for leaf in leaves)


def test_networks_are_read_side_by_side(store, training, in_memory):
    networks = in_memory(training, (0, 5))
    for index in (1, 0):
        record(store, networks, index)
    found = store.networks(training)
    assert found.seeds == (0, 5)
    jax.tree.map(
        lambda one, other: assert_same_bits(np.asarray(one), np.asarray(other)),
        (found.params, found.losses, found.kept),
        (networks.params, networks.losses, networks.kept),
    )
    assert store.networks(training, (5,)).seeds == (5,)


def test_what_is_not_recorded_is_refused(store, training):
    with pytest.raises(ValueError, match="train it with 'incontext train tiny-first'"):
        store.networks(training)
    with pytest.raises(FileError, match=r"seed-0\.safetensors: it cannot be read"):
        store.read(training, 0)


SAVED = {"step": np.asarray(10), "state/0000": np.ones(3, np.float32)}


def test_an_unfinished_training_comes_back_and_is_forgotten_when_finished(store, training, made_up):
    assert store.read_unfinished(training, 0) is None
    for seconds in (1.0, 2.5):
        store.save_unfinished(training, 0, SAVED, seconds)
    saved, seconds = store.read_unfinished(training, 0)
    assert seconds == 2.5
    for name, array in SAVED.items():
        assert_same_bits(saved[name], array)
    assert store.seeds(training) == ()
    record(store, made_up(training))
    assert names(store.root / training.folder) == ["seed-0.safetensors"]


@pytest.mark.parametrize("other", ["source", "versions", "numerics", "device"])
def test_an_unfinished_training_of_another_origin_is_refused(store, training, monkeypatch, other):
    store.save_unfinished(training, 0, SAVED, 1.0)
    changed = {**stores.origin(), other: {"platform": "another"}}
    monkeypatch.setattr(stores, "origin", lambda _: changed)
    with pytest.raises(FileError, match=r"seed-0\.unfinished: it was made by another source"):
        store.read_unfinished(training, 0)


def test_an_unfinished_training_may_go_on_at_another_processor(store, training, monkeypatch):
    store.save_unfinished(training, 0, SAVED, 1.0)
    here = stores.origin()
    there = {**here, "cpu": "another", "device": {**here["device"], "count": 8}}
    monkeypatch.setattr(stores, "origin", lambda _: there)
    assert store.read_unfinished(training, 0) is not None


def test_a_damaged_or_renamed_unfinished_training_is_refused(store, training):
    store.save_unfinished(training, 0, SAVED, 1.0)
    path, renamed = store.unfinished_path(training, 0), store.unfinished_path(training, 1)
    shutil.copy(path, renamed)
    with pytest.raises(FileError, match=r"seed-1\.unfinished: it is of another training or seed"):
        store.read_unfinished(training, 1)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileError, match=r"seed-0\.unfinished: it cannot be read"):
        store.read_unfinished(training, 0)
