"""Embedded networks: parameters, a shared start, and independence of tokens."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.models.attention import Products
from incontext.models.embedding import EmbeddingConfig, build_embedded
from incontext.models.initialization import FanIn

CONFIG = EmbeddingConfig(width=7, widening=3, initialization=FanIn(1.0))
TOKENS = jax.random.normal(jax.random.key(0), (11, 5, 2))
NOTHING = Products(jnp.zeros((1, 7, 7)), jnp.zeros((1, 7, 7)))


def test_parameters_have_the_names_and_shapes_of_the_paper():
    params = build_embedded(CONFIG).init(jax.random.key(1), TOKENS)
    shapes = {name: {k: v.shape for k, v in leaf.items()} for name, leaf in params.items()}
    assert shapes == {
        "embedding/linear": {"w": (2, 7)},
        "embedding/hidden": {"w": (7, 21), "b": (21,)},
        "embedding/output": {"w": (21, 7), "b": (7,)},
        "layer_0": {
            "query": (1, 7, 7),
            "key": (1, 7, 7),
            "value": (1, 7, 7),
            "output": (1, 7, 7),
        },
    }


def test_trained_and_fixed_attention_start_from_the_same_embedding():
    free = build_embedded(CONFIG).init(jax.random.key(1), TOKENS)
    fixed = build_embedded(CONFIG, NOTHING).init(jax.random.key(1), TOKENS)
    assert set(free) - set(fixed) == {"layer_0"}
    for name, leaf in fixed.items():
        jax.tree.map(np.testing.assert_array_equal, leaf, free[name])


def test_the_embedding_is_a_residual_mlp_token_by_token():
    model = build_embedded(CONFIG)
    params = model.init(jax.random.key(1), TOKENS)
    params["embedding/hidden"]["b"] = params["embedding/hidden"]["b"] + 0.3
    token = np.asarray(TOKENS[3, 2])
    start = token @ params["embedding/linear"]["w"]
    hidden = start @ params["embedding/hidden"]["w"] + params["embedding/hidden"]["b"]
    out = jax.nn.gelu(hidden) @ params["embedding/output"]["w"] + params["embedding/output"]["b"]
    np.testing.assert_allclose(model.embed(params, TOKENS)[3, 2], start + out, rtol=1e-5, atol=1e-6)


def test_silent_attention_leaves_the_query_as_it_was_embedded():
    model = build_embedded(CONFIG, NOTHING)
    params = model.init(jax.random.key(1), TOKENS)
    embedded = model.embed(params, TOKENS)
    np.testing.assert_allclose(model.query(params, TOKENS), embedded[:, -1], rtol=1e-6)


@pytest.mark.parametrize(("settings", "word"), [({"width": 1}, "width is 1"),
                                                ({"widening": 0}, "widening is 0")])  # fmt: skip
def test_an_embedding_without_room_is_refused(settings, word):
    with pytest.raises(ValueError, match=word):
        EmbeddingConfig(**settings)
