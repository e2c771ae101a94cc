"""Every training of every experiment: names, what is shared, what is kept."""

import jax
import pytest

import incontext
from incontext import experiments
from incontext.errors import Refusal
from incontext.experiments import catalogue
from incontext.networks.distillation import ON_READER
from incontext.networks.store import LARGEST
from incontext.training.loop import part

PRESETS = ("laptop", "reduced", "paper")  # of which networks are recorded


def all_trainings(preset):
    return [one for same in catalogue.trainings(preset).values() for one in same]


def test_a_name_at_the_published_settings_means_one_training():
    assert {name for name, same in catalogue.trainings("paper").items() if len(same) > 1} == set()


@pytest.mark.parametrize("preset", PRESETS)
def test_nothing_is_trained_twice_only_to_keep_more_of_it(preset):
    seen = {}
    for one in all_trainings(preset):
        settings = one.settings()
        del settings["kept"]
        seen.setdefault(str(settings), []).append(one.name)
    assert [names for names in seen.values() if len(names) > 1] == []


def start(training, key):
    """First parameters; of a training that begins with a network, on the first ones of that."""
    if isinstance(training, ON_READER):
        here, there = jax.random.split(key)
        return training.problem_on(start(training.reader, there)).init(here)
    return training.function().init(key)


@pytest.mark.parametrize(
    "training", all_trainings("paper") + all_trainings("reduced"), ids=lambda one: one.name
)
def test_one_network_fits_into_two_megabytes(training):
    if training.name.startswith("gdpp-"):
        return  # two numbers per step
    params = jax.eval_shape(lambda key: start(training, key), jax.random.key(0))

    def count(tree):
        return sum(leaf.size for leaf in jax.tree.leaves(tree))

    kept = len(training.kept.steps) * count(part(params, training.kept.parts))
    assert 4 * count(params) + 2 * kept < LARGEST


def test_experiments_share_what_is_the_same():
    def trained(name):
        found = experiments.get(name)
        return {one.training for one in found.trainings(found.presets["paper"]).values()}

    shared = {one.name for one in trained("mesa") & trained("deep-linear")}
    assert shared == {"linear-2", "linear-4", "linear-6"}
    assert {one.name for one in trained("mesa") & trained("causal-layer")} == {"linear-1"}
    one_layer = trained("single-layer") & trained("softmax")
    assert "regression-linear-1" in {one.name for one in one_layer}


@pytest.mark.parametrize(
    ("name", "seed", "preset", "word"),
    [
        ("linear-5", 0, "paper", "no such training, near are .*linear-"),
        ("linear-2", 999_999, "paper", "seed is 999999; .* are recorded"),
        ("linear-2", 0, "laptop", "may be linear-2-.*linear-2-"),
    ],
)
def test_what_cannot_be_loaded_is_said(name, seed, preset, word):
    with pytest.raises(Refusal, match=word):
        incontext.load(name, seed, preset=preset)
