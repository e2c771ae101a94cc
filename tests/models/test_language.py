"""Language models against loops in float64, and what a training of one is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext.errors import Refusal
from incontext.models import language
from incontext.models.language import LanguageConfig
from incontext.networks import Numbers, Training
from incontext.tasks.text import Addresses
from incontext.training.config import Schedule
from incontext.training.optimizers import AdamConfig

TOKENS, LENGTH = 13, 11
CONFIGS = {
    "softmax": LanguageConfig(("softmax", "softmax"), 10, 2, 3, 0, std=0.5),
    "linear": LanguageConfig(("softmax", "linear"), 10, 2, 3, 0, std=0.5),
    "linear, features": LanguageConfig(("softmax", "linear"), 10, 2, 3, 3, std=0.5),
    "mesa, features, MLP": LanguageConfig(("softmax", "mesa"), 10, 2, 3, 2, False, 2, std=0.5),
    "shifted mesa": LanguageConfig(("mesa",), 10, 2, 3, 0, True, std=0.5),
    "shifted softmax": LanguageConfig(("softmax",), 10, 2, 3, 0, True, std=0.5),
}


def drawn(config):
    """A model with every parameter drawn, those that start at one or zero too."""
    model = language.build(config, TOKENS, LENGTH)
    tokens = jax.random.randint(jax.random.key(1), (3, LENGTH), 0, TOKENS)
    params = jax.jit(model.init)(jax.random.key(0), tokens)
    leaves, structure = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(2), len(leaves))
    noise = [0.3 * jax.random.normal(k, x.shape) for k, x in zip(keys, leaves, strict=True)]
    params = jax.tree.unflatten(structure, [x + n for x, n in zip(leaves, noise, strict=True)])
    params = {
        name: {k: jnp.abs(x) if k == "ridge_scale" else x for k, x in one.items()}
        for name, one in params.items()
    }
    return model, params, tokens


def loop_features(vector, order):
    if order:
        parts = [max(x, 0.0) for x in vector] + [max(-x, 0.0) for x in vector]
        size = len(parts)
        vector = [
            parts[i] * parts[(i - j) % size] for j in range(1, order + 1) for i in range(size)
        ]
    return np.array(vector) / np.sqrt(np.sum(np.square(vector)) + 1e-12)


def loop_norm(x, params):
    return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * params["scale"] + params["offset"]


def loop_attention(config, kind, params, index, stream):
    """Attention of one layer on normalised tokens [T, W], head by head and position by position."""
    query, key, value = (params[f"layer_{index}_{n}"]["w"] for n in ("query", "key", "value"))
    size, mixed = config.key_size, np.zeros((len(stream), config.num_heads * config.key_size))
    for head in range(config.num_heads):
        mine = slice(head * size, (head + 1) * size)
        before = [np.zeros_like(stream[0]), *stream[:-1]] if config.shift_keys else stream
        keys = [x @ key[:, mine] for x in before]
        values = [x @ value[:, mine] for x in stream]
        if kind != "softmax":
            keys = [loop_features(one, config.feature_order) for one in keys]
        for t in range(len(stream)):
            q = stream[t] @ query[:, mine]
            past_keys, past_values = np.array(keys[: t + 1]), np.array(values[: t + 1])
            if kind == "softmax":
                weights = np.exp(past_keys @ q / np.sqrt(size))
                mixed[t, mine] = weights @ past_values / weights.sum()
                continue
            q = loop_features(q, config.feature_order)
            if kind == "mesa":
                ridge = 1.0 / params[f"layer_{index}"]["ridge_scale"][head]
                gram = past_keys.T @ past_keys + ridge * np.eye(past_keys.shape[1])
                q = np.linalg.solve(gram, q)
            mixed[t, mine] = (past_keys @ q) @ past_values
    return mixed @ params[f"layer_{index}_output"]["w"]


def loop_logits(config, params, tokens):
    table = params["tokens"]["embeddings"]
    stream = table[tokens] + params["positions"]["embeddings"][: len(tokens)]
    for index, kind in enumerate(config.kinds):
        inner = np.array([loop_norm(x, params[f"norm_{index}"]) for x in stream])
        stream = stream + loop_attention(config, kind, params, index, inner)
        if config.mlp_factor:
            inward, outward = params[f"mlp_in_{index}"], params[f"mlp_out_{index}"]
            for t, x in enumerate(stream):
                hidden = loop_norm(x, params[f"norm_mlp_{index}"]) @ inward["w"] + inward["b"]
                stream[t] = x + np.maximum(hidden, 0) @ outward["w"] + outward["b"]
    return np.array([loop_norm(x, params["norm_final"]) @ table.T for x in stream])


@pytest.mark.parametrize("name", CONFIGS)
def test_a_language_model_is_what_loops_say_and_reads_no_later_token(name):
    config = CONFIGS[name]
    with jax.enable_x64(True):
        model, params, tokens = drawn(config)
        apply = jax.jit(model.apply)
        found = np.asarray(apply(params, tokens))
        plain = jax.tree.map(np.asarray, params)
        for row in (0, 2):
            expected = loop_logits(config, plain, np.asarray(tokens[row]))
            np.testing.assert_allclose(found[row], expected, rtol=1e-8, atol=1e-9)
        for t in (4, LENGTH - 1):  # another token at t changes nothing before it, and t itself
            other = np.asarray(apply(params, tokens.at[:, t].set((tokens[:, t] + 1) % TOKENS)))
            np.testing.assert_array_equal(other[:, :t], found[:, :t])
            assert np.abs(other[:, t] - found[:, t]).max() > 1e-3


@pytest.mark.parametrize("name", ["mesa, features, MLP", "shifted mesa", "linear, features"])
def test_gradients_are_finite_where_keys_vanish(name):
    model, params, tokens = drawn(CONFIGS[name])
    params = {**params, "layer_0_key": jax.tree.map(jnp.zeros_like, params["layer_0_key"])}
    found = jax.jit(jax.grad(lambda p: jnp.mean(model.apply(p, tokens) ** 2)))(params)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(found))


def test_cross_entropy_is_minus_the_log_of_a_share():
    logits = jnp.array([[[0.0, 1.0, 2.0], [3.0, 0.0, -1.0]]])
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    found = language.cross_entropy(logits, jnp.array([[2, 1]]))
    np.testing.assert_allclose(found, -np.log([[shares[0, 0, 2], shares[0, 1, 1]]]), rtol=1e-6)


def test_a_training_on_text_minimises_its_cross_entropy_on_held_out_passages():
    schedule = Schedule(10, 3, AdamConfig(0.01), 10, 5)
    task = Addresses(7)
    one = Training("tiny", task, Numbers(), CONFIGS["linear"], schedule)
    problem, batch = one.problem(), one.evaluation_batch()
    params = jax.jit(problem.init)(jax.random.key(0))
    logits = np.asarray(jax.jit(one.function().predict)(params, batch), np.float64)
    assert logits.shape == (5, 7, 2048)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = -np.mean(np.take_along_axis(logits, np.asarray(batch.targets)[..., None], -1))
    assert float(problem.loss(params, batch)) == pytest.approx(expected, rel=1e-5)
    held_out = np.concatenate(task.held_out.texts()).astype(np.uint16).tobytes()
    trained = np.concatenate(task.texts()).astype(np.uint16).tobytes()
    rows = [np.asarray(row, np.uint16).tobytes() for row in batch.tokens]
    assert all(row in held_out and row not in trained for row in rows)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"kinds": ()}, "kinds is"),
        ({"kinds": ("other",)}, "kinds is"),
        ({"width": 0}, "width is 0"),
        ({"mlp_factor": 0}, "mlp_factor is 0"),
        ({"feature_order": -1}, "feature_order is -1"),
        ({"kinds": ("softmax",), "feature_order": 3}, "which do not use features"),
    ],
)
def test_impossible_settings_are_refused(settings, word):
    with pytest.raises(Refusal, match=word):
        LanguageConfig(**settings)
