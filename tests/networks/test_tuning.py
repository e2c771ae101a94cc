"""Prompt tuning: only tokens are learned, from a network that is found where it is recorded."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.experiments.few_shot.config import SMOKE
from incontext.models import few_shot, sequence
from incontext.networks import recorder
from incontext.networks.store import Store
from incontext.tasks.pairs import LinearPairs
from incontext.tasks.types import Pairs

READER = SMOKE.readers[0]
WANTED = {READER.prefix: (0,), READER.eos: (0, 1), READER.sequences: (0,)}  # the last one first


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = Store(tmp_path_factory.mktemp("networks"))
    recorder.record(found, WANTED)
    return found


def test_only_the_tokens_move(store):
    network = store.read(READER.sequences, 0).params
    eos, prefix = (store.read(one, 0).params for one in (READER.eos, READER.prefix))
    other = store.read(READER.eos, 1).params
    for tuned in (eos, prefix, other):
        frozen = {name: value for name, value in tuned.items() if name != few_shot.PROMPT}
        jax.tree.map(np.testing.assert_array_equal, frozen, network)
    kept, learned = prefix[few_shot.PROMPT]["eos"], prefix[few_shot.PROMPT]["prefix"]
    np.testing.assert_array_equal(kept, eos[few_shot.PROMPT]["eos"])
    assert learned.shape == (2, 3)
    assert not np.allclose(eos[few_shot.PROMPT]["eos"], other[few_shot.PROMPT]["eos"])
    key = jax.random.split(jax.random.key(0))[0]
    start = READER.prefix.problem_on(eos).init(key)[few_shot.PROMPT]["prefix"]
    assert np.abs(learned - start).max() > 1e-3  # Adam moves every entry by 1e-3 a step, at first


def test_the_file_names_its_reader_and_can_be_used_alone(store):
    tuned = store.read(READER.prefix, 0)
    assert tuned.header["reader"] == store.checksum(READER.eos, 0)
    assert "incontext/networks/tuning.py" in tuned.header["sources"]
    assert tuned.check().passed


def test_an_unfinished_tuning_is_taken_up(store):
    store.save_unfinished(READER.eos, 2, {"step": np.arange(3)}, 1.5)
    saved, seconds = store.read_unfinished(READER.eos, 2)
    np.testing.assert_array_equal(saved["step"], np.arange(3))
    assert seconds == 1.5


def test_a_tuning_without_its_reader_is_refused_and_names_it(tmp_path):
    with pytest.raises(Refusal, match="needs few-shot-softmax, seed 0"):
        recorder.record(Store(tmp_path), {READER.eos: (0,)})


def test_names_of_readers_do_not_count():
    renamed = dataclasses.replace(READER.sequences, name="another")
    assert dataclasses.replace(READER.eos, reader=renamed) == READER.eos
    assert dataclasses.replace(READER.eos, reader=renamed).digest == READER.eos.digest
    assert dataclasses.replace(READER.eos, reader_seed=1).digest != READER.eos.digest


def test_what_would_move_the_reader_is_refused():
    decayed = dataclasses.replace(READER.eos.schedule.optimizer, weight_decay=0.1)
    schedule = dataclasses.replace(READER.eos.schedule, optimizer=decayed)
    with pytest.raises(Refusal, match="weight_decay"):
        dataclasses.replace(READER.eos, schedule=schedule)


def test_answers_are_predictions_at_the_inputs():
    """Token by token: p, then x, y, EOS; an answer knows the pairs before it and nothing after."""
    pairs = LinearPairs(3, 5).sample(2, key=jax.random.key(1))
    eos, prefix = jnp.arange(3.0), jnp.ones((2, 3))
    tokens = np.asarray(few_shot.prompt_tokens(pairs, eos, prefix))
    assert tokens.shape == (2, 17, 3)
    np.testing.assert_array_equal(tokens[0, :2], prefix)
    np.testing.assert_array_equal(tokens[1, 2 + 3 * 4], pairs.inputs[1, 4])
    np.testing.assert_array_equal(tokens[1, 3 + 3 * 4], pairs.outputs[1, 4])
    np.testing.assert_array_equal(tokens[1, 4 + 3 * 4], eos)
    network = READER.sequences.network
    assert isinstance(network, sequence.SequenceConfig)
    model = sequence.build(network, 3)
    params = model.init(jax.random.key(2), pairs.inputs)
    params = {**params, few_shot.PROMPT: {"eos": eos, "prefix": prefix}}

    def third(outputs):
        found = few_shot.answer(model.apply, params, Pairs(pairs.inputs, outputs))
        return found[:, 2].sum()

    reached = np.abs(np.asarray(jax.grad(third)(pairs.outputs))).max((0, 2))
    assert (reached[:2] > 0).all()
    assert (reached[2:] == 0).all()
