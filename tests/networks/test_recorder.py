"""The recorder: what it trains first, how it stops and goes on, and that nobody trains twice."""

import contextlib
import dataclasses
import threading
import time
from types import SimpleNamespace

import jax
import numpy as np
import pytest

from incontext.files import exclusive
from incontext.networks import recorder
from incontext.networks import store as stores

GIT = {"commit": None, "dirty": None}
LONG_AGO = -1e9  # on the clock of deadlines


@pytest.fixture
def fits(monkeypatch):
    """Seeds of every call of `fit`, in order."""
    seen = []

    def fit(*arguments, seeds, **options):
        seen.append(tuple(seeds))
        return original(*arguments, seeds=seeds, **options)

    original = recorder.fit
    monkeypatch.setattr(recorder, "fit", fit)
    return seen


@pytest.fixture
def two_devices(monkeypatch):
    """The recorder groups seeds for two devices; `fit` trains them side by side on one."""
    parts = {"devices": lambda: [0, 1], "eval_shape": jax.eval_shape}
    monkeypatch.setattr(recorder, "jax", SimpleNamespace(random=jax.random, tree=jax.tree, **parts))


class KilledAt:
    """Progress that ends the process, so to speak, when a training has come so far."""

    def __init__(self, step):
        self.step = step

    @contextlib.contextmanager
    def stage(self, description, total):
        def report(done):
            if done == self.step:
                raise KeyboardInterrupt

        yield report


def assert_same_bits(found, expected):
    assert found.seeds == expected.seeds
    for part in ("params", "losses", "kept"):
        one, other = getattr(found, part), getattr(expected, part)
        assert jax.tree.structure(one) == jax.tree.structure(other)
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
            assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def recorded(store):
    return sorted(path.relative_to(store.root).as_posix() for path in store.files())


def everything(store):
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_what_is_missing_is_recorded_and_nothing_else_is_left(store, tiny, in_memory, fits):
    first, second = tiny("first"), tiny("second")
    stages = []

    class Listed:
        @contextlib.contextmanager
        def stage(self, description, total):
            stages.append((description, total))
            yield stages.append

    written = recorder.record(store, {first: (0, 5), second: (0,)}, progress=Listed())
    assert sorted(written) == list(store.files())
    assert [(one.parent.name, one.name) for one in written] == [
        (first.folder, "seed-0.safetensors"),
        (second.folder, "seed-0.safetensors"),
        (first.folder, "seed-5.safetensors"),
    ]
    assert everything(store) == sorted(path.name for path in written)
    assert stages[:4] == [("tiny-first, seed 0", 30), 10, 20, 30]
    header = store.read(first, 0).header
    assert 0 < header["seconds"] < 600
    assert header["side_by_side"] == "1"
    assert (header["git"], header["numerics"]["jax_enable_x64"]) == (GIT, False)

    assert recorder.record(store, {first: (0, 5), second: (0,)}) == []
    assert fits == [(0,), (0,), (5,)]
    assert_same_bits(store.networks(first), in_memory(first, (0, 5)))


@pytest.mark.parametrize("seeds", [(3,), (0, 2)], ids=["one seed", "two seeds side by side"])
@pytest.mark.usefixtures("two_devices")
def test_stopped_at_its_deadline_it_goes_on_to_the_same_bits(store, tiny, in_memory, fits, seeds):
    one = tiny()
    for step in (10, 20):
        with pytest.raises(recorder.TimeUpError):
            recorder.record(store, {one: seeds}, deadline=LONG_AGO)
        saved = [store.read_unfinished(one, seed)[0] for seed in seeds]
        assert [int(each["step"]) for each in saved] == [step] * len(seeds)
        assert recorded(store) == []
    recorder.record(store, {one: seeds}, deadline=LONG_AGO)  # the last chunk ends it
    assert everything(store) == [f"seed-{seed}.safetensors" for seed in seeds]
    assert fits == [seeds] * 3
    assert_same_bits(store.networks(one), in_memory(one, seeds))


@pytest.mark.parametrize("seeds", [(3,), (0, 2)], ids=["one seed", "two seeds side by side"])
@pytest.mark.usefixtures("two_devices")
def test_killed_after_a_save_it_goes_on_from_there_to_the_same_bits(
    store, tiny, in_memory, monkeypatch, seeds
):
    one = tiny()
    monkeypatch.setattr(recorder, "SECONDS_BETWEEN_SAVES", -1.0)
    with pytest.raises(KeyboardInterrupt):
        recorder.record(store, {one: seeds}, progress=KilledAt(20))
    assert [int(store.read_unfinished(one, seed)[0]["step"]) for seed in seeds] == [10] * len(seeds)
    recorder.record(store, {one: seeds})
    assert_same_bits(store.networks(one), in_memory(one, seeds))


@pytest.mark.usefixtures("two_devices")
def test_seeds_that_are_not_equally_far_are_trained_apart(store, tiny, in_memory, fits):
    one = tiny()
    with pytest.raises(recorder.TimeUpError):
        recorder.record(store, {one: (1,)}, deadline=LONG_AGO)
    recorder.record(store, {one: (0, 1, 2)})
    assert fits == [(1,), (0, 2), (1,)]
    assert [store.read(one, seed).header["side_by_side"] for seed in range(3)] == ["2", "1", "2"]
    assert_same_bits(store.networks(one), in_memory(one, (0, 1, 2)))


def test_seconds_of_all_sittings_count(store, tiny):
    one = tiny()
    with pytest.raises(recorder.TimeUpError):
        recorder.record(store, {one: (0,)}, deadline=LONG_AGO)
    saved, seconds = store.read_unfinished(one, 0)
    assert 0 < seconds < 600
    store.save_unfinished(one, 0, saved, 1000.0)
    recorder.record(store, {one: (0,)})
    assert 1000 < store.read(one, 0).header["seconds"] < 1600


def test_what_another_recorder_trains_is_left_to_it(store, tiny, fits):
    one, other = tiny("first"), tiny("second")
    with exclusive(store.path(one, 0), "training"):
        written = recorder.record(store, {one: (0, 1), other: (0,)})
        assert sorted(written) == sorted([store.path(one, 1), store.path(other, 0)])
    assert recorder.record(store, {one: (0, 1)}) == [store.path(one, 0)]
    assert fits == [(1,), (0,), (0,)]


def test_what_another_recorder_gave_up_is_trained_after_all(store, tiny, fits, monkeypatch):
    one, other, counted = tiny("first"), tiny("second"), recorder.fit
    with contextlib.ExitStack() as held:
        held.enter_context(exclusive(store.path(one, 0), "training"))

        def fit(*arguments, **options):
            held.close()  # that process dies while this one trains something else
            return counted(*arguments, **options)

        monkeypatch.setattr(recorder, "fit", fit)
        written = recorder.record(store, {one: (0,), other: (0,)})
    assert written == [store.path(other, 0), store.path(one, 0)]


def test_what_a_recorder_left_that_died_after_it_wrote_is_removed(store, tiny, made_up):
    one = tiny()
    store.write(made_up(one), 0, seconds=1.0, git=GIT)
    store.save_unfinished(one, 0, {"step": np.asarray(10)}, 1.0)
    assert recorder.record(store, {one: (0,)}) == []
    assert everything(store) == ["seed-0.safetensors"]


def test_what_was_finished_while_we_looked_is_not_trained_again(
    store, tiny, made_up, fits, monkeypatch
):
    one = tiny()
    stale = recorder.missing(store, {one: (0,)})
    store.write(made_up(one), 0, seconds=1.0, git=GIT)
    lists = iter([stale, []])
    monkeypatch.setattr(recorder, "missing", lambda *_: next(lists))
    assert recorder.record(store, {one: (0,)}) == []
    assert fits == []


def test_recorders_side_by_side_train_every_network_once(store, tiny, fits):
    wanted = {tiny("first"): (0, 1, 2), tiny("second"): (0, 1, 2)}
    written, start = [], threading.Barrier(3)

    def work():
        start.wait()
        written.extend(recorder.record(store, wanted))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fits) == 6
    assert sorted(written) == list(store.files())
    assert everything(store) == sorted(path.name for path in written)
    assert [store.networks(training).seeds for training in wanted] == [(0, 1, 2)] * 2


@pytest.mark.usefixtures("two_devices")
def test_a_training_that_diverges_is_left_out_and_named_at_the_end(store, tiny):
    lost, sound = tiny("first", learning_rate=1e30), tiny("second")
    with pytest.raises(ValueError, match=r"tiny-first.*seed 0 .*tiny-first.*seed 1 is not finite"):
        recorder.record(store, {lost: (0, 1), sound: (0, 1)})
    assert recorded(store) == [f"{sound.folder}/seed-{seed}.safetensors" for seed in (0, 1)]


def test_an_unfinished_training_that_cannot_be_taken_up_keeps_no_other_waiting(store, tiny):
    one, other = tiny("first"), tiny("second")
    store.save_unfinished(one, 0, {"step": np.asarray(10)}, 1.0)
    before = store.unfinished_path(one, 0).read_bytes()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stores, "fingerprint", lambda _: "another")
        with pytest.raises(ValueError, match=r"seed-0\.unfinished: it was made by another source"):
            recorder.record(store, {one: (0, 1), other: (0,)})
    assert recorded(store) == sorted(
        [f"{one.folder}/seed-1.safetensors", f"{other.folder}/seed-0.safetensors"]
    )
    assert store.unfinished_path(one, 0).read_bytes() == before


@pytest.mark.usefixtures("two_devices")
def test_a_network_that_arrives_while_it_is_trained_stays(store, tiny, made_up, monkeypatch):
    training, fit = tiny("first"), recorder.fit
    arrived = []

    def meanwhile(*arguments, **settings):
        trained = fit(*arguments, **settings)
        path = store.write(made_up(training, (0,)), 0, seconds=1.0, git=GIT)
        arrived.append((path, path.read_bytes()))
        return trained

    monkeypatch.setattr(recorder, "fit", meanwhile)
    written = recorder.record(store, {training: (0, 1)})
    ((path, content),) = arrived
    assert path.read_bytes() == content
    assert written == [store.path(training, 1)]
    assert store.seeds(training) == (0, 1)


def test_the_fewest_seeds_come_first_then_what_was_begun_then_the_shortest(store, tiny, made_up):
    slow, quick, fresh = tiny("first"), tiny("second"), tiny("second", num_steps=20)
    for training, seconds in ((slow, (80.0, 20.0, 50.0)), (quick, (5.0,))):
        networks = made_up(training, tuple(range(len(seconds))))
        for index, one in enumerate(seconds):
            store.write(networks, index, seconds=one, git=GIT)
    assert recorder.measured_seconds(store, slow) == 50.0
    assert recorder.measured_seconds(store, fresh) is None

    seeds = range(4)
    found = recorder.missing(store, {slow: seeds, quick: seeds, fresh: seeds})
    order = [(one.training, one.seed, one.recorded) for one in found]
    assert order == [
        (fresh, 0, 0),
        (fresh, 1, 1),
        (quick, 1, 1),
        (fresh, 2, 2),
        (quick, 2, 2),
        (fresh, 3, 3),
        (quick, 3, 3),
        (slow, 3, 3),
    ]
    assert [one.seconds for one in found if one.training == quick] == [5.0] * 3
    store.save_unfinished(slow, 3, {"step": np.asarray(10)}, 1.0)
    found = recorder.missing(store, {slow: seeds, quick: seeds})
    assert [(one.training, one.seed) for one in found][-2:] == [(slow, 3), (quick, 3)]


def test_of_two_that_are_not_recorded_the_one_with_less_to_do_comes_first(store, tiny):
    short = tiny()
    long = dataclasses.replace(short, schedule=dataclasses.replace(short.schedule, num_steps=300))
    wide = dataclasses.replace(short, schedule=dataclasses.replace(short.schedule, batch_size=23))
    assert recorder.work(short) < recorder.work(wide) < recorder.work(long)
    found = recorder.missing(store, {long: (0,), short: (0,), wide: (0,)})
    assert [one.training for one in found] == [short, wide, long]


def test_in_memory_nothing_is_recorded(store, tiny, tmp_path):
    one = tiny()
    assert recorder.train_in_memory({one: (0,)})[one].seeds == (0,)
    assert list(tmp_path.rglob("*")) == []


def test_time_is_up_by_the_clock_of_the_process(store, tiny):
    one = tiny()
    assert recorder.record(store, {one: (0,)}, deadline=time.monotonic() + 600)
