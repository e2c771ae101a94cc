"""The reassociated layers against attention written out token by token."""

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.models import transformer
from incontext.models.attention import SelfAttention
from incontext.models.initialization import FanIn, Gaussian
from incontext.models.transformer import TransformerConfig, build

TOKENS = jax.random.normal(jax.random.key(0), (3, 8, 5))  # B, M, D; the last is the query


def slow_layer(params, tokens, *, softmax):
    """One layer by loops over heads and tokens, with separate projections."""
    heads, size, _ = params["query"].shape
    out = np.array(tokens)
    for b, sequence in enumerate(np.asarray(tokens)):
        for j, token in enumerate(sequence):
            for h in range(heads):
                w_q, w_k, w_v = (np.asarray(params[n][h]) for n in ("query", "key", "value"))
                score = np.array([(w_k @ e) @ (w_q @ token) for e in sequence[:-1]])
                if softmax:
                    score = np.exp(score / np.sqrt(size))
                    score /= score.sum()
                mixed = sum(s * (w_v @ e) for s, e in zip(score, sequence[:-1], strict=True))
                out[b, j] += np.asarray(params["output"][h]) @ mixed
    return out


def make(weightings=("linear",), **settings):
    config = TransformerConfig(weightings, 2, 7, initialization=FanIn(1.0), **settings)
    model = build(config)
    return model, model.init(jax.random.key(1), TOKENS)


@pytest.mark.parametrize("weighting", ["linear", "softmax"])
def test_two_layers_of_two_heads_are_attention_by_loops(weighting):
    model, params = make((weighting, weighting))
    assert sorted(params) == ["layer_0", "layer_1"]
    assert {name: array.shape for name, array in params["layer_0"].items()} == {
        "query": (2, 7, 5),
        "key": (2, 7, 5),
        "value": (2, 7, 5),
        "output": (2, 5, 7),
    }
    expected = np.asarray(TOKENS)
    for name in ("layer_0", "layer_1"):
        expected = slow_layer(params[name], expected, softmax=weighting == "softmax")
    # float32 sums in another order, of terms up to a few hundred
    np.testing.assert_allclose(model.trace(params, TOKENS)[-1], expected, rtol=2e-4, atol=2e-3)


@pytest.mark.parametrize("settings", [{}, {"token_clip": 1.1}, {"mlp_width": 13}])
def test_the_query_alone_is_the_end_of_the_trace(settings):
    model, params = make(("linear", "softmax"), **settings)
    query, trace = model.query(params, TOKENS), model.trace(params, TOKENS)
    assert trace.shape == (3, 3, 8, 5)
    np.testing.assert_allclose(query, trace[-1, :, -1], rtol=1e-4, atol=1e-4)


def test_tied_layers_share_parameters_and_repeat_the_first():
    model, params = make(("linear", "linear"), tied=True, mlp_width=13)
    assert sorted(params) == ["layer_0", "mlp_in_0", "mlp_out_0"]
    twice = slow_two(model, params)
    np.testing.assert_allclose(model.trace(params, TOKENS)[-1], twice, rtol=1e-4, atol=1e-3)


def slow_two(model, params):
    del model
    single = build(TransformerConfig(("linear",), 2, 7, mlp_width=13))
    once = single.trace(params, TOKENS)[-1]
    return single.trace(params, once)[-1]


def test_the_query_is_read_by_nobody():
    model, params = make(("linear", "softmax"))
    moved = TOKENS.at[:, -1].add(1.0)
    before, after = model.trace(params, TOKENS), model.trace(params, moved)
    np.testing.assert_array_equal(before[:, :, :-1], after[:, :, :-1])


def test_clipping_bounds_every_token_after_every_layer():
    model, params = make(("linear", "linear"), token_clip=0.5)
    assert float(jnp.abs(model.trace(params, TOKENS)[1:]).max()) <= 0.5


def test_layer_norm_makes_the_update_blind_to_token_scale():
    model, params = make(("linear",), layer_norm=(True,))
    update = model.trace(params, TOKENS)[1] - TOKENS
    bigger = model.trace(params, 3 * TOKENS)[1] - 3 * TOKENS
    np.testing.assert_allclose(update, bigger, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("rule", "std"), [(FanIn(0.002), (0.002 / 50) ** 0.5), (Gaussian(0.05), 0.05)]
)
def test_initial_weights_have_the_promised_spread(rule, std):
    model = build(TransformerConfig(initialization=rule))
    weights = model.init(jax.random.key(0), jnp.ones((1, 2, 50)))["layer_0"]["query"]
    assert weights.shape == (1, 50, 50)  # keys as wide as tokens, unless another width is given
    assert float(jnp.std(weights)) == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"weightings": ()}, "weightings is empty"),
        ({"num_heads": 0}, "num_heads is 0"),
        ({"key_size": -3}, "key_size is -3"),
        ({"weightings": ("linear", "softmax"), "tied": True}, "tied"),
        ({"token_clip": -1.0}, "token_clip is -1.0"),
        ({"mlp_width": 0}, "mlp_width is 0"),
        ({"layer_norm": (True, False)}, "layer_norm has 2 entries"),
    ],
)
def test_bad_configurations_are_refused_with_the_value(settings, word):
    with pytest.raises(ValueError, match=word):
        TransformerConfig(**settings)


@pytest.mark.parametrize(("rule", "word"), [(FanIn, "scale"), (Gaussian, "std")])
@pytest.mark.parametrize("bad", [0.0, -0.002, float("inf"), float("nan")])
def test_initial_weights_that_cannot_be_trained_are_refused(rule, word, bad):
    with pytest.raises(ValueError, match=f"{word} is {bad}; it must be positive"):
        rule(bad)


@pytest.mark.parametrize("bad", [{"num_heads": 0}, {"key_size": 0}])
def test_attention_without_heads_or_keys_is_refused(bad):
    sizes = {"num_heads": 1, "key_size": 1, **bad}
    attention = hk.transform(
        lambda tokens: SelfAttention(initialization=FanIn(1.0), **sizes)(tokens, tokens)
    )
    with pytest.raises(ValueError, match="at least 1"):
        attention.init(jax.random.key(0), TOKENS)


def test_products_keep_the_seed_axis():
    model, _ = make()
    params = jax.vmap(lambda key: model.init(key, TOKENS))(jax.random.split(jax.random.key(2), 3))
    products = transformer.layer_products(params)
    assert products.key_query.shape == (3, 2, 5, 5)
    one = jax.tree.map(lambda leaf: leaf[1], params)
    np.testing.assert_allclose(
        transformer.layer_products(one).key_query, products.key_query[1], rtol=1e-5, atol=1e-7
    )
