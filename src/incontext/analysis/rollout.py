"""One trained layer applied again and again.

Shapes: B prompts, D token width, d_y outputs, S stages: the input and what
every application makes of it, one more than applications.
"""

import jax
from jax import Array
from jaxtyping import Float

from incontext.errors import Refusal
from incontext.models.attention import Products, attend
from incontext.models.readout import read_prediction


def roll_out(
    products: Products,
    tokens: Float[Array, "B M D"],
    output_dim: int,
    dampening: float,
    num_steps: int,
) -> Float[Array, "S B d_y"]:
    """Predictions after 0 ... num_steps applications of a dampened linear layer.

    Only the target channels move: y_j <- y_j + dampening * delta y_j.

    Returns:
        Predictions [num_steps + 1, B, d_y], one per stage; the first is read from the input.

    Raises:
        Refusal: if the dampening is not positive or there is no step.

    Source: paper A, Figure 1 (right) and Section A.6.
    """
    if dampening <= 0 or num_steps < 1:
        raise Refusal(f"dampening is {dampening} and num_steps {num_steps}; both must be positive.")

    def step(tokens: Array, _: None) -> tuple[Array, Array]:
        update = attend(products, tokens, tokens[:, :-1])[..., -output_dim:]
        moved = tokens.at[..., -output_dim:].add(dampening * update)
        return moved, read_prediction(tokens[:, -1], output_dim)

    return jax.lax.scan(step, tokens, None, length=num_steps + 1)[1]
