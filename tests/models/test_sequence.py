import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.models import attention, sequence
from incontext.models.initialization import Gaussian

BATCH, LENGTH, OBSERVED, WIDTH = 2, 7, 3, 11

CASES = {
    "one linear layer on constructed tokens": {"kinds": ("linear",)},
    "softmax then mesa on raw tokens with positions": {
        "kinds": ("softmax", "mesa"),
        "embedding_dim": WIDTH,
        "position_dim": 5,
    },
    "softmax with an MLP on raw tokens": {
        "kinds": ("softmax",),
        "embedding_dim": WIDTH,
        "mlp_width": 13,
    },
    "unit queries and keys behind a first layer without": {
        "kinds": ("softmax", "unit-softmax", "unit-mesa"),
        "embedding_dim": WIDTH,
        "mlp_width": 13,
    },
}


def model_and_tokens(**fields):
    config = sequence.SequenceConfig(
        num_heads=2, key_size=5, initialization=Gaussian(0.3), **fields
    )
    width = OBSERVED if config.embedding_dim else WIDTH
    tokens = jax.random.normal(jax.random.key(0), (BATCH, LENGTH, width))
    return sequence.build(config, OBSERVED), config, tokens


@pytest.mark.parametrize("fields", CASES.values(), ids=CASES.keys())
def test_shapes_and_causality(fields):
    model, config, tokens = model_and_tokens(**fields)
    params = jax.jit(model.init)(jax.random.key(1), tokens)
    apply = jax.jit(model.apply)
    predictions = apply(params, tokens)
    assert predictions.shape == (BATCH, LENGTH, OBSERVED)
    stream = jax.jit(model.trace)(params, tokens)
    assert stream.shape == (config.num_layers + 1, BATCH, LENGTH, WIDTH)
    changed = apply(params, tokens.at[:, 4:].add(1.0))
    np.testing.assert_array_equal(changed[:, :4], predictions[:, :4])
    assert np.all(np.abs(changed[:, 4:] - predictions[:, 4:]).max(axis=-1) > 0)


def test_parameters_of_the_first_layer_see_positions_in_queries_and_keys_only():
    fields = CASES["softmax then mesa on raw tokens with positions"]
    model, _, tokens = model_and_tokens(**fields)
    params = jax.eval_shape(model.init, jax.random.key(1), tokens)
    shapes = {name: leaf.shape for name, leaf in params["layer_0"].items()}
    assert shapes == {
        "query": (2, 5, 16),
        "key": (2, 5, 16),
        "value": (2, 5, 11),
        "output": (2, 11, 5),
    }
    assert params["layer_1"]["query"].shape == (2, 5, 11)
    assert set(params) == {"embedding", "layer_0", "layer_1", "prediction"}


def test_a_linear_stack_is_given_by_its_products():
    model, config, tokens = model_and_tokens(kinds=("linear", "linear"), token_clip=0.9)
    params = model.init(jax.random.key(1), tokens)
    layers = [attention.merge(dict(params[f"layer_{index}"])) for index in range(2)]
    stream = sequence.trace_products(layers, tokens, token_clip=config.token_clip)
    np.testing.assert_allclose(stream, model.trace(params, tokens), rtol=1e-5, atol=1e-6)
    assert np.abs(stream[1:]).max() <= 0.9


@pytest.mark.parametrize("weighting", ["linear", "softmax"])
def test_attention_to_the_past_is_what_a_loop_over_positions_computes(weighting):
    keys = jax.random.split(jax.random.key(2), 3)
    tokens = jax.random.normal(keys[0], (BATCH, LENGTH, 5))
    products = attention.Products(*(jax.random.normal(key, (3, 5, 5)) for key in keys[1:]))
    found = attention.attend_to_past(products, tokens, weighting=weighting, logit_scale=0.3)
    for t in range(LENGTH):
        past, now = tokens[:, : t + 1], tokens[:, t]
        scores = 0.3 * jnp.einsum("bsd,hde,be->bhs", past, products.key_query, now)
        weights = jax.nn.softmax(scores, axis=-1) if weighting == "softmax" else scores
        expected = jnp.einsum("bhs,bsd,hed->be", weights, past, products.output_value)
        np.testing.assert_allclose(found[:, t], expected, rtol=1e-4, atol=1e-5)


def test_the_mlp_is_two_matrices_and_a_gelu():
    model, _, tokens = model_and_tokens(**CASES["softmax with an MLP on raw tokens"])
    params = model.init(jax.random.key(1), tokens)
    assert {name: set(params[name]) for name in ("mlp_in_0", "mlp_out_0")} == {
        "mlp_in_0": {"w"},
        "mlp_out_0": {"w"},
    }
    still = {**params, "layer_0": jax.tree.map(jnp.zeros_like, params["layer_0"])}
    before, after = np.asarray(model.trace(still, tokens), np.float64)
    x = before @ np.asarray(params["mlp_in_0"]["w"], np.float64)
    gelu = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    expected = before + gelu @ np.asarray(params["mlp_out_0"]["w"], np.float64)
    np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-5)


def test_sinusoids_are_sines_and_cosines_of_slowing_rates():
    positions = sequence.sinusoids(7, 5)
    np.testing.assert_allclose(positions[:, 0], np.sin(np.arange(7)), atol=1e-6)
    np.testing.assert_allclose(positions[:, 1], np.cos(np.arange(7)), atol=1e-6)
    slow = 10_000 ** (-2 / 5)
    np.testing.assert_allclose(positions[:, 2], np.sin(slow * np.arange(7)), atol=1e-6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kinds": ()}, "kinds is empty"),
        ({"key_size": 0}, "key_size is 0"),
        ({"token_clip": -1.0}, "token_clip is -1.0"),
        ({"kinds": ("linear", "cubic")}, "kinds holds 'cubic'; use linear, softmax, mesa"),
        ({"embedding_dim": 0}, "embedding_dim is 0"),
    ],
)
def test_impossible_configurations_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        sequence.SequenceConfig(**fields)
