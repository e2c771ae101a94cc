"""A model of sequences that is asked to do regression: pairs as tokens, and its answers.

Shapes: B prompts, N pairs, n width of a token, P tokens of the prefix, M tokens of a prompt.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

PROMPT = "prompt"  # module of the parameters that are tokens, beside the modules of the network
EOS, PREFIX = "eos", "prefix"


@runtime_checkable
class Examples(Protocol):
    """Pairs (x_i, y_i) of a prompt."""

    @property
    def inputs(self) -> Float[Array, "B N n"]:
        """Questions x_i."""
        ...

    @property
    def outputs(self) -> Float[Array, "B N n"]:
        """Answers y_i."""
        ...


def prompt_tokens(
    pairs: Examples,
    eos: Float[Array, " n"] | None = None,
    prefix: Float[Array, "P n"] | None = None,
) -> Float[Array, "B M n"]:
    """Tokens p_1 ... p_P, x_1, y_1, EOS, x_2, y_2, EOS, ...; without what is not given.

    Source: paper B, "Prompt tuning".
    """
    size, _, width = pairs.inputs.shape
    parts = [pairs.inputs, pairs.outputs]
    if eos is not None:
        parts.append(jnp.broadcast_to(eos[None, None], pairs.inputs.shape))
    tokens = jnp.stack(parts, axis=2).reshape(size, -1, width)
    if prefix is None:
        return tokens
    before = jnp.broadcast_to(prefix[None], (size, *prefix.shape))
    return jnp.concatenate([before, tokens], axis=1)


def at_inputs(
    predictions: Float[Array, "B M n"], num_pairs: int, *, eos: bool, prefix_length: int = 0
) -> Float[Array, "B N n"]:
    """What is predicted at the tokens x_1 ... x_N: the answers y_1 ... y_N."""
    return predictions[:, prefix_length :: 3 if eos else 2][:, :num_pairs]


def answer(
    predict: Callable[[PyTree, Array], Array], params: PyTree, pairs: Examples
) -> Float[Array, "B N n"]:
    """Answers of a network; the tokens that it is prompted with lie in params["prompt"].

    predict: parameters and tokens [B, M, n] -> predictions [B, M, n] of the token after each.
    """
    given = params.get(PROMPT, {})
    weights = {name: value for name, value in params.items() if name != PROMPT}
    eos, prefix = given.get(EOS), given.get(PREFIX)
    predictions = predict(weights, prompt_tokens(pairs, eos, prefix))
    length = 0 if prefix is None else prefix.shape[0]
    return at_inputs(predictions, pairs.inputs.shape[1], eos=eos is not None, prefix_length=length)
