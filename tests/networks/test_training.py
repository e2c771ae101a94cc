"""Trainings as values: what their digest sees, how tokens are laid out, and what each learns."""

import dataclasses
import functools
import operator

import jax
import jaxtyping
import numpy as np
import pytest

from incontext import experiments
from incontext.models.embedding import EmbeddingConfig
from incontext.models.initialization import FanIn, Gaussian
from incontext.models.sequence import SequenceConfig, sinusoids
from incontext.models.transformer import TransformerConfig
from incontext.networks import (
    Apart,
    Constructed,
    DeepFeatures,
    GDPlusPlus,
    Raw,
    ScaledIdentities,
    Together,
    Training,
    learnables,
)
from incontext.networks import training as trainings
from incontext.networks.recorder import train_in_memory
from incontext.provenance.canonical import hash_json, plain
from incontext.tasks.dynamics import LinearDynamics
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.regression import LinearRegression
from incontext.tasks.sine import SineRegression
from incontext.training.config import Kept, Schedule
from incontext.training.optimizers import AdamConfig
from incontext.training.state import seed_keys

SCHEDULE = Schedule(50, 31, AdamConfig(0.01), evaluate_every=10, evaluation_size=53)
PROMPTS = LinearRegression(num_context=5, input_dim=3, output_dim=2)
STATES = LinearDynamics(state_dim=3, length=7)
SINES = SineRegression(num_context=5)
START = FanIn(0.1)
EMBEDDING = EmbeddingConfig(5, 2, START)
TRANSFORMER = TransformerConfig(("softmax", "softmax"), 2, 7, initialization=START)
STACK = SequenceConfig(("linear",), 2, 5, initialization=Gaussian(0.1))
ON_RAW = SequenceConfig(("softmax", "mesa"), 2, 5, 11, 5, None, 13, Gaussian(0.1))
LEARNABLES = {
    "Transformer": (PROMPTS, Together(), TRANSFORMER),
    "Transformer on separate tokens": (PROMPTS, Apart(position_dim=3), TRANSFORMER),
    "stack": (STATES, Constructed(), STACK),
    "stack without a copy": (STATES, Constructed(copy=False), STACK),
    "stack on raw states": (STATES, Raw(), ON_RAW),
    "deep features": (SINES, Together(), DeepFeatures(EMBEDDING)),
    "deep features and a fixed step": (SINES, Together(), DeepFeatures(EMBEDDING, 0.3)),
    "scaled identities": (STATES, Constructed(copy=False), ScaledIdentities(2, 3)),
    "GD++": (LinearRegression(5, 3), Together(), GDPlusPlus(3, tied=False)),
    "tied GD++": (LinearRegression(5, 3), Together(), GDPlusPlus(3, tied=True, bound=2.0)),
}

WORDS = ("mixture", "published", "linear")


def training(name):
    return Training(name, *LEARNABLES[name], SCHEDULE, Kept((10,)))


def other_values(value):
    """Values of the same kind that a setting could have instead."""
    if isinstance(value, bool):
        return [not value]
    if value == 0:
        return [1, 0.5]
    if isinstance(value, int | float):
        return [value / 2] if isinstance(value, float) else [value + 1, value * 2, value // 2]
    if isinstance(value, tuple):
        ends = [(*value[:-1], one) for last in value[-1:] for one in other_values(last)]
        return [value * 2, value[:-1], *ends, (False, True), (20, 10), ("a",)]
    if dataclasses.is_dataclass(value):
        return changed(value)
    return list(WORDS) if isinstance(value, str) else [1, 2.5]  # for None


def changed(settings):
    """Every way to change one field of nested settings that is not refused, field by field."""
    found = []
    for field in dataclasses.fields(settings):
        before = len(found)
        now = getattr(settings, field.name)
        for value in other_values(now):
            if value == now:
                continue
            try:
                found.append(dataclasses.replace(settings, **{field.name: value}))
            except (ValueError, TypeError):
                continue
        name = f"{type(settings).__name__}.{field.name}"
        assert len(found) > before, f"{name} could not be changed"
    return found


@pytest.mark.parametrize("name", LEARNABLES)
def test_every_setting_but_the_name_counts(name):
    one = training(name)
    fields = {field.name: getattr(one, field.name) for field in dataclasses.fields(Training)}
    variants = [
        Training(**{**fields, part: value})
        for part in ("task", "layout", "network", "schedule", "kept")
        for value in changed(fields[part])
    ]
    found = [one, *variants]
    assert len({each.digest for each in found}) == len(set(found)) > 15
    assert all(each != one and each.digest != one.digest for each in variants)

    renamed = dataclasses.replace(one, name="another")
    assert renamed == one
    assert {renamed: 0} == {one: 0}
    assert renamed.digest == one.digest
    assert renamed.folder == f"another-{one.digest}"


def test_another_class_with_the_same_fields_is_another_training():
    one = training("stack")
    gaussian, fan_in = (
        dataclasses.replace(STACK, initialization=r(0.1)) for r in (Gaussian, FanIn)
    )
    first, second = (dataclasses.replace(one, network=each) for each in (gaussian, fan_in))
    assert first != second
    assert first.digest != second.digest


def test_equal_settings_have_one_hash_however_their_numbers_are_written():
    @dataclasses.dataclass(frozen=True)
    class Settings:
        rate: float
        bound: float | None
        count: int

    whole, exact = Settings(1, 2, 3), Settings(1.0, 2.0, 3)
    assert whole == exact
    assert hash_json(plain(whole)) == hash_json(plain(exact))
    assert type(plain(exact)["count"]) is int
    assert plain(Settings(1, None, 3))["bound"] is None


def test_the_digest_of_what_is_recorded_stays():
    """Networks are found by it: if this number changes, every recorded network is an orphan.

    Then take back what changed the canonical JSON (a field, a class or its name, a default, the
    way a number is written), or rename what is recorded and write so in CHANGELOG.md.
    """
    folders = {
        training.folder
        for name in ("mesa", "gdpp-depth")
        for training in published(experiments.get(name))
    }
    assert {"mesa-1-75b8b7fbe3", "linear-6-45fe229999", "gdpp-2-1444033656"} <= folders


def published(experiment):
    return experiment.wanted(experiment.presets["paper"], seeds=(0,))


def test_layouts_place_what_a_token_holds():
    prompt = PROMPTS.sample(2, key=jax.random.key(0))
    together, apart = Together()(prompt), Apart(3)(prompt)
    np.testing.assert_array_equal(together[:, :-1, :3], prompt.context_inputs)
    np.testing.assert_array_equal(together[:, :-1, 3:], prompt.context_targets)
    np.testing.assert_array_equal(together[:, -1, :3], prompt.query_inputs)
    np.testing.assert_array_equal(together[:, -1, 3:], 0)

    assert apart.shape[:2] == (2, 11)
    np.testing.assert_array_equal(apart[:, 0:10:2, :3], prompt.context_inputs)
    np.testing.assert_array_equal(apart[:, 10, :3], prompt.query_inputs)
    np.testing.assert_array_equal(apart[..., -3:], np.broadcast_to(sinusoids(11, 3), (2, 11, 3)))

    trajectory = STATES.sample(2, key=jax.random.key(0))
    states = np.asarray(trajectory.states[:, :-1])
    before = np.concatenate([np.zeros((2, 1, 3)), states[:, :-1]], axis=1)
    np.testing.assert_array_equal(Raw()(trajectory), states)
    for copy, second in ((True, states), (False, 0 * states)):
        expected = np.concatenate([0 * states, second, states, before], axis=-1)
        np.testing.assert_array_equal(Constructed(copy)(trajectory), expected)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (functools.partial(Apart, 0), "position_dim is 0"),
        (functools.partial(DeepFeatures, EMBEDDING, -0.1), "step_size is -0.1"),
        (functools.partial(DeepFeatures, EMBEDDING, 0.0), "step_size is 0.0"),
    ],
)
def test_impossible_settings_are_refused(make, word):
    with pytest.raises(ValueError, match=word):
        make()


def test_kept_steps_are_spread_and_allowed():
    long = dataclasses.replace(SCHEDULE, num_steps=1000)
    assert trainings.log_spaced(long, 4).steps == (10, 30, 100, 320)
    assert trainings.log_spaced(dataclasses.replace(long, num_steps=10), 4) == Kept()
    assert trainings.every_evaluation(dataclasses.replace(SCHEDULE, num_steps=40), "a").steps == (
        10,
        20,
        30,
    )
    assert trainings.every_evaluation(SCHEDULE, "a", "b").parts == ("a", "b")


def half_squared_error(predictions, targets):
    return np.mean(np.sum((np.asarray(predictions) - np.asarray(targets)) ** 2, axis=-1)) / 2


@pytest.mark.parametrize("name", LEARNABLES)
def test_what_is_learnable_learns_and_its_loss_is_half_the_squared_error(name):
    one = training(name)
    networks = train_in_memory({one: (3,)})[one]
    batch = one.task.sample(53, key=evaluation_key(0))
    end = jax.tree.map(operator.itemgetter(0), networks.params)
    predictions = jax.jit(one.function().predict)(end, batch)
    assert predictions.shape == batch.targets.shape
    loss = half_squared_error(predictions, batch.targets)
    assert networks.losses[0, -1] == pytest.approx(loss, rel=1e-4)
    assert networks.losses[0, -1] < 0.99 * networks.losses[0, 0], networks.losses
    moved = jax.tree.map(
        lambda now, then: np.abs(now - then).max(), networks.params, networks.at(10)
    )
    assert min(jax.tree.leaves(moved)) > 1e-3, moved  # each and all beyond half precision


def test_a_network_that_nothing_trains_is_refused(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # it would answer first
    with pytest.raises(ValueError, match="is a str, which nothing here trains"):
        learnables.function("a network", STATES, Raw())


def test_a_tuned_descent_is_what_was_trained():
    for name in ("GD++", "tied GD++"):
        one = training(name)
        start = one.function().init(seed_keys(0).init)
        descent = one.network.descent(start)
        assert len(descent.step_sizes) == 3
        batch = one.task.sample(11, key=jax.random.key(1))
        found = one.function().predict(start, batch)
        np.testing.assert_allclose(descent(batch), found, rtol=1e-5, atol=1e-6)
