"""Where a prediction stands in a token, and with which sign.

The only place that knows: every model and construction reads out through here.
"""

from jax import Array
from jaxtyping import Float


def read_prediction(query_token: Float[Array, "*B D"], output_dim: int) -> Float[Array, "*B d_y"]:
    """Prediction held by the query token.

    y_hat = -e[-d_y:], because the target slot accumulates -delta W x_query.

    Source: paper A, Section 2, after Proposition 1.
    """
    return -query_token[..., -output_dim:]


def read_next_state(tokens: Float[Array, "*B D"], output_dim: int) -> Float[Array, "*B d_y"]:
    """Prediction of the next state held by every constructed token.

    s_hat = e[:d_y], the channels that are empty in the input.

    Source: paper B, Section F.1.1.
    """
    return tokens[..., :output_dim]
