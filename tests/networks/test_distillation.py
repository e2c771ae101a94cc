"""Distillation: linear layers are fitted to a network that is found where it is recorded."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.experiments.linearised.config import SMOKE, distillation
from incontext.models import distilled, sequence
from incontext.models.initialization import Gaussian
from incontext.networks import recorder
from incontext.networks.distillation import LINEAR, linear_part, reader_part
from incontext.networks.store import Store
from incontext.tasks.fixed import fixed_batch

ONE = SMOKE.distillations[0]
LAYERS = {"layer_0", "layer_1"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = Store(tmp_path_factory.mktemp("networks"))
    recorder.record(found, {ONE: (0,), ONE.reader: (0,)})  # the one that waits comes first
    return found


@pytest.fixture(scope="module")
def batch():
    return fixed_batch(ONE.task, 5, 3)


def test_the_network_stays_and_the_linear_layers_move(store):
    found, reader = store.read(ONE, 0).params, store.read(ONE.reader, 0).params
    jax.tree.map(np.testing.assert_array_equal, reader_part(found), reader)
    start = linear_part(ONE.problem_on(reader).init(jax.random.split(jax.random.key(0))[0]))
    assert set(start) == set(linear_part(found)) == LAYERS
    for name, matrices in linear_part(found).items():
        for kind, matrix in matrices.items():
            assert np.abs(matrix - start[name][kind]).max() > 1e-3, (name, kind)


def test_the_file_names_its_reader_and_finds_its_loss_again(store):
    found = store.read(ONE, 0)
    assert found.header["reader"] == store.checksum(ONE.reader, 0)
    assert "incontext/networks/distillation.py" in found.header["sources"]
    assert found.losses[-1] < found.losses[0]
    assert found.check().passed


def test_every_linear_layer_has_its_own_gradient_alone(store, batch):
    """Of what layer 2 misses: nothing reaches the network, or the linear layer before it."""
    params, predict = store.read(ONE, 0).params, ONE.function().predict
    slopes = jax.grad(lambda one: jnp.sum(predict(one, batch)[:, 1] ** 2))(params)
    moved = {name for name, part in slopes.items() if any(np.any(x) for x in part.values())}
    assert moved == {f"{LINEAR}layer_1"}


def test_a_linear_network_is_copied_without_error(batch):
    """Linear layers with the weights of a linear network miss nothing, and replace its layers."""
    network = dataclasses.replace(ONE.shape, kinds=("linear",) * 2, initialization=Gaussian(0.5))
    linear = dataclasses.replace(ONE.reader, network=network)
    copy = distillation(linear, ONE.schedule)
    params = linear.function().init(jax.random.key(3))
    layers = {name: params[name] for name in LAYERS}
    missed = copy.function().predict(
        {**params, **{LINEAR + k: v for k, v in layers.items()}}, batch
    )
    assert missed.shape == (5, 2, ONE.task.length, network.embedding_dim)
    np.testing.assert_allclose(missed, np.zeros(missed.shape), atol=1e-5)
    whole = sequence.build(network, 2).apply(params, batch.inputs)
    other = {name: {k: 0.0 * v for k, v in part.items()} for name, part in layers.items()}
    for index in (0, 1):
        model, spliced = distilled.replaced(network, params, layers, index, 2)
        np.testing.assert_allclose(model.apply(spliced, batch.inputs), whole, rtol=1e-5)
        model, spliced = distilled.replaced(network, params, other, index, 2)
        assert np.abs(model.apply(spliced, batch.inputs) - whole).max() > 1e-3


def test_updates_are_what_a_layer_adds():
    stream = jnp.cumsum(jnp.arange(24.0).reshape(3, 1, 2, 4), axis=0)
    np.testing.assert_array_equal(
        distilled.updates(stream)[0, 1], np.arange(16.0, 24).reshape(2, 4)
    )


def test_a_distillation_without_its_reader_is_refused_and_names_it(tmp_path):
    with pytest.raises(Refusal, match="needs dimension-2-softmax-2, seed 0"):
        recorder.record(Store(tmp_path), {ONE: (0,)})


def test_names_of_readers_do_not_count():
    renamed = dataclasses.replace(ONE.reader, name="another")
    assert dataclasses.replace(ONE, reader=renamed) == ONE
    assert dataclasses.replace(ONE, reader=renamed).digest == ONE.digest
    assert dataclasses.replace(ONE, reader_seed=1).digest != ONE.digest


def test_what_would_move_the_reader_or_is_more_than_attention_is_refused():
    decayed = dataclasses.replace(ONE.schedule.optimizer, weight_decay=0.1)
    with pytest.raises(Refusal, match="weight_decay"):
        dataclasses.replace(ONE, schedule=dataclasses.replace(ONE.schedule, optimizer=decayed))
    with pytest.raises(Refusal, match="those of its reader"):
        dataclasses.replace(ONE, task=dataclasses.replace(ONE.task, length=9))
    clipped = dataclasses.replace(ONE.shape, token_clip=1.0)
    with pytest.raises(Refusal, match="token_clip is 1"):
        distillation(dataclasses.replace(ONE.reader, network=clipped), ONE.schedule)
