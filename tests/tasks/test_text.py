"""The corpus, and passages of it."""

import jax
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.tasks import text
from incontext.tasks.text import Addresses


def test_whole_addresses_are_held_out_and_read_as_text():
    found = text.corpus("sotu-2048")
    assert len(found.addresses) == 233
    assert [year % 10 == 5 for year in found.years] == list(found.held_out)
    start = "".join(text.decode("sotu-2048", found.addresses[0][:20]))
    assert start.startswith("Fellow-Citizens of the Senate and House of Representatives")
    parts = [len(Addresses(part=part).texts()) for part in text.PARTS]
    assert parts == [210, 23]


def test_passages_lie_within_one_address_and_begin_anywhere():
    task = Addresses(length=1024)  # most of a short address, so that borders are met
    tokens = np.asarray(task.sample(64, key=jax.random.key(0)).tokens)
    whole = [one.astype(np.uint16).tobytes() for one in task.texts()]
    inside = [[one.find(row.astype(np.uint16).tobytes()) for one in whole] for row in tokens]
    assert all(max(places) >= 0 for places in inside)
    assert len({max(places) for places in inside}) > 60
    assert len({int(np.argmax(places)) for places in inside}) > 30


def test_the_first_and_the_last_place_can_be_drawn(monkeypatch):
    small = [np.arange(5), np.arange(10, 16)]
    monkeypatch.setattr(Addresses, "texts", lambda self: small)
    tokens = np.asarray(Addresses(length=3).sample(400, key=jax.random.key(0)).tokens)
    starts, counts = np.unique(tokens[:, 0], return_counts=True)
    np.testing.assert_array_equal(starts, [0, 1, 10, 11, 12])
    np.testing.assert_array_equal(np.diff(tokens), 1)
    assert counts.min() > 50  # 80 expected, standard deviation 8
    np.testing.assert_array_equal(
        Addresses(length=2).in_a_row(), [[0, 1, 2], [2, 3, 4], [10, 11, 12], [12, 13, 14]]
    )
    np.testing.assert_array_equal(Addresses(length=2).in_a_row(2)[:, 0], [0, 10])


def test_a_changed_corpus_is_refused(tmp_path, monkeypatch):
    text.corpus.cache_clear()
    monkeypatch.setattr(text, "corpora_directory", lambda: tmp_path)
    with pytest.raises(Refusal, match="restore it from Git"):
        text.corpus("sotu-2048")


@pytest.mark.parametrize(
    "settings", [{"length": 0}, {"length": 5000}, {"corpus": "no"}, {"part": "no"}]
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(Refusal, match=f"{next(iter(settings))} is"):
        Addresses(**settings)
