"""Networks as a report sees them: weights on the way, some of their seeds, and their own check."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.analysis.learners import losses
from incontext.networks import network
from incontext.networks.network import CHECK_PURPOSE, Check
from incontext.tasks.fixed import fixed_batch
from incontext.training.config import Kept
from incontext.training.state import seed_keys


@pytest.fixture
def training(tiny):
    return tiny()


@pytest.fixture
def networks(training, in_memory):
    return in_memory(training, (0, 5))


@pytest.fixture
def trained(store, networks):
    """The same networks, one by one as they come out of their files."""
    for index in range(2):
        store.write(networks, index, seconds=1.0, git={})
    return [store.read(networks.training, seed) for seed in networks.seeds]


def leaf(params):
    return params["layer"]["weights"]


def test_weights_are_known_at_the_start_on_the_way_and_at_the_end(training, networks, in_memory):
    assert networks.kept_steps == (0, 10, 20, 30)
    starts = [training.function().init(seed_keys(seed).init) for seed in (0, 5)]
    np.testing.assert_array_equal(leaf(networks.at(0)), np.stack([leaf(one) for one in starts]))
    np.testing.assert_array_equal(leaf(networks.at(30)), leaf(networks.params))
    shorter = dataclasses.replace(
        training, schedule=dataclasses.replace(training.schedule, num_steps=20), kept=Kept()
    )
    at = leaf(networks.at(20))
    expected = leaf(in_memory(shorter, (0, 5)).params)
    assert at.dtype == np.float32
    np.testing.assert_array_equal(at, expected.astype(np.float16))
    with pytest.raises(ValueError, match=r"step is 15; weights are known at \(0, 10, 20, 30\)"):
        networks.at(15)


def test_the_beginning_is_a_training_that_ended_there(training, networks, in_memory):
    schedule = dataclasses.replace(training.schedule, num_steps=20)
    shorter = in_memory(dataclasses.replace(training, schedule=schedule, kept=Kept((10,))), (0, 5))
    found = networks.beginning(20)
    assert found.kept_steps == shorter.kept_steps == (0, 10, 20)
    np.testing.assert_array_equal(found.steps, shorter.steps)
    np.testing.assert_array_equal(found.losses, shorter.losses)
    np.testing.assert_array_equal(leaf(found.kept[10]), leaf(shorter.kept[10]))
    np.testing.assert_allclose(leaf(found.params), leaf(shorter.params), atol=2**-11)
    with pytest.raises(ValueError, match="step is 25"):
        networks.beginning(25)


def test_a_measure_is_taken_along_the_way_of_every_seed(networks):
    found = networks.along(lambda params: params["layer"] | {"sum": jnp.sum(leaf(params))})
    assert found["sum"].shape == (2, 4)
    for column, step in enumerate(networks.kept_steps):
        weights = leaf(networks.at(step))
        np.testing.assert_allclose(found["sum"][:, column], weights.sum(axis=(1, 2)), rtol=1e-6)
        np.testing.assert_array_equal(found["weights"][:, column], weights)


def test_the_first_seeds_are_those_trained_alone(training, networks, in_memory):
    found, expected = networks.first(1), in_memory(training, (0,))
    assert found.seeds == (0,)
    for part in ("params", "losses", "kept"):
        jax.tree.map(np.testing.assert_array_equal, getattr(found, part), getattr(expected, part))
    assert networks.first(2).seeds == networks.first(7).seeds == (0, 5)


def test_they_predict_and_are_learners_with_the_recorded_loss(training, networks):
    batch = training.evaluation_batch()
    learner = networks.learner("pair")
    assert (learner.name, learner.seeds) == ("pair", (0, 5))
    predictions = learner.predict(batch)
    assert predictions.shape == (2, 101, 1)
    second = jax.tree.map(lambda one: one[1], networks.params)
    np.testing.assert_allclose(predictions[1], networks.predict(second, batch), rtol=1e-6)
    expected = networks.losses[:, -1]
    np.testing.assert_allclose(jnp.mean(losses(learner, batch), axis=1), expected, rtol=1e-5)


def test_side_by_side_they_have_the_weights_that_all_of_them_kept(trained):
    less = dataclasses.replace(trained[1], kept={20: trained[1].kept[20]})
    found = network.stack(trained[0].training, [trained[0], less])
    assert found.kept_steps == (0, 20, 30)
    np.testing.assert_array_equal(leaf(found.params)[1], leaf(trained[1].params))
    np.testing.assert_array_equal(leaf(found.kept[20])[0], leaf(trained[0].kept[20]))


def test_a_network_checks_itself_on_the_tasks_of_the_curve_and_on_fresh_ones(training, trained):
    for one in trained:
        found = one.check()
        known, fresh = (
            np.sum((np.asarray(one(batch)) - np.asarray(batch.targets)) ** 2, axis=1) / 2
            for batch in (
                training.evaluation_batch(),
                fixed_batch(training.task, 101, CHECK_PURPOSE),
            )
        )
        assert found.recorded == one.losses[-1]
        assert found.found == pytest.approx(fresh.mean(), rel=1e-4)
        spread = np.hypot(known.std() / known.size**0.5, fresh.std() / fresh.size**0.5)
        assert found.standard_error == pytest.approx(spread, rel=1e-4)
        assert found.found != found.recorded
        assert found.passed


def test_a_network_gives_its_weights_at_every_step_it_kept(trained):
    together = network.stack(trained[0].training, trained)
    for index, one in enumerate(trained):
        for step in together.kept_steps:
            mine, among = one.at(step), together.at(step)
            np.testing.assert_array_equal(leaf(mine), leaf(among)[index])
    with pytest.raises(ValueError, match="step is 7"):
        trained[0].at(7)


def test_the_weights_of_another_seed_are_refused(trained):
    swapped = dataclasses.replace(trained[0], params=trained[1].params)
    with pytest.raises(ValueError, match=r"tiny-first, seed 0: .* they do not belong together"):
        swapped.check()
    lost = jax.tree.map(lambda one: np.nan * one, trained[0].params)
    with pytest.raises(ValueError, match="do not belong together"):
        dataclasses.replace(trained[0], params=lost).check()


@pytest.mark.parametrize(("found", "passed"), [(1.49, True), (0.51, True), (1.51, False)])
def test_a_check_allows_five_standard_errors(found, passed):
    assert Check(1.0, found, 0.1).passed is passed
    assert not Check(1.0, float("nan"), 0.1).passed
