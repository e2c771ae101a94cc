"""Variants: each differs from its original in one thing, and each LayerNorm is what it says."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext import experiments
from incontext.errors import Refusal
from incontext.experiments.variants.config import PRESETS, RECORDED, SMOKE, WAYS
from incontext.models.normalised import NormalisedConfig
from incontext.tasks.layout import concatenate

EXPERIMENT = experiments.get("variants")


def normalise(tokens, norm=None):
    """(e - mean) / std over the channels of every token, times a scale plus an offset."""
    centred = tokens - tokens.mean(axis=-1, keepdims=True)
    found = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return found if norm is None else found * norm["scale"] + norm["offset"]


def attention(layer, asking, context):
    """Linear attention token by token, with neither products nor einsum."""
    query, key, value, output = (layer[name][0] for name in ("query", "key", "value", "output"))
    update = np.zeros_like(asking)
    for token in context:
        update = update + output @ (value @ token) * ((key @ token) @ (query @ asking))
    return update


def expected(way, params, tokens):
    params = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)
    layer, norm = params["layer_0"], params.get("norm_0")
    asking, context = tokens[-1], tokens[:-1]
    if way == "after":
        return -normalise(asking + attention(layer, asking, context), norm)[-1]
    asks = asking if way == "context only" else normalise(asking, norm)
    stream = asks if way == "stream" else asking
    return -(stream + attention(layer, asks, normalise(context, norm)))[-1]


@pytest.mark.parametrize("way", WAYS)
def test_each_layer_norm_is_what_it_says(way):
    training = next(one for one in SMOKE.variants if one.network == NormalisedConfig(way))
    prompt = SMOKE.task.sample(3, key=jax.random.key(1))
    function = training.function()
    random = np.random.default_rng(0)
    params = jax.tree.map(
        lambda leaf: jnp.asarray(random.normal(size=leaf.shape), jnp.float32),
        function.init(jax.random.key(0)),
    )
    assert ("norm_0" in params) == (way != "plain")
    found = np.asarray(function.predict(params, prompt))[:, 0]
    tokens = np.asarray(concatenate(prompt), np.float64)
    wanted = [expected(way, params, one) for one in tokens]
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=2e-4)


def test_an_unknown_way_is_refused():
    with pytest.raises(Exception, match="sideways"):  # by its type here, by a refusal elsewhere
        NormalisedConfig("sideways")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_variant_differs_in_one_thing(preset):
    config = PRESETS[preset]
    plain, clipped = config.layer.settings(), config.clipped.settings()
    plain.pop("kept"), clipped.pop("kept")
    assert plain["schedule"]["optimizer"].pop("clip_norm") == 10.0
    assert clipped["schedule"]["optimizer"].pop("clip_norm") == 0.001
    assert plain == clipped
    for one in config.variants:
        assert (one.task, one.schedule) == (config.norm.task, config.norm.schedule)
    assert len({one.digest for one in config.variants}) == len(WAYS)


def test_published_originals_are_those_of_the_figures():
    softmax = experiments.get("softmax").presets["paper"]
    assert PRESETS["paper"].layer == softmax.linear_one_head.network
    assert PRESETS["paper"].norm == softmax.normalised.network


def test_other_tasks_are_refused():
    other = dataclasses.replace(SMOKE.task, num_context=7)
    with pytest.raises(Refusal):
        dataclasses.replace(SMOKE, layer=dataclasses.replace(SMOKE.layer, task=other))


def test_drops_are_counted_per_clip_and_norms_have_a_row_per_network():
    result = EXPERIMENT.run(SMOKE, seeds=(0, 1))
    metrics = result.tables["metrics"].set_index("metric")["value"]
    curves = result.tables["curves"]
    assert set(curves["model"]) == {"clip of the text", "clip of the code"}
    assert metrics["clip_of_the_code_share_solved"] == 0.0  # twenty steps are too few
    assert set(result.tables["norms"]["model"]) == {RECORDED, *WAYS.values()}
    assert len(result.tables["norms"]) == 1 + len(WAYS)
