"""Expected losses that need no sampling and no training.

For x ~ U(-a/2, a/2)^d and w ~ N(0, I_d), one target dimension.
"""

from typing import NamedTuple

from incontext.errors import Refusal


class OneStepOptimum(NamedTuple):
    """The best single gradient step and its expected loss.

    learning_rate: eta, per-sum convention.  step_size: eta / N.
    """

    learning_rate: float
    step_size: float
    loss: float


def zero_predictor_loss(input_range: float, input_dim: int) -> float:
    """Expected loss of predicting zero: 1/2 E[(w . x)^2] = d a^2 / 24.

    Source: derived; E[x^2] = a^2 / 12 for x ~ U(-a/2, a/2).
    """
    return 0.5 * input_dim * input_range**2 / 12


def one_step_optimum(input_range: float, num_context: int, input_dim: int) -> OneStepOptimum:
    """Best learning rate of one gradient step from W_0 = 0, and its expected loss.

    With A = (1/N) sum_i x_i x_i^T the loss is s/2 E tr (I - eta A)^2, where
    s = E[x^2] = a^2/12 and m = E[x^4] = a^4/80 per entry;
    T = E tr A^2 = [N (d m + d(d-1) s^2) + N(N-1) d s^2] / N^2,
    eta* = d s / T,  loss = s/2 (d - (d s)^2 / T).

    Raises:
        Refusal: if a size or the range is not positive.

    Source: derived for this project; paper A plots the same minimum in Figure 2.
    """
    if input_range <= 0 or num_context < 1 or input_dim < 1:
        raise Refusal(
            f"input_range is {input_range}, num_context {num_context}, input_dim {input_dim}; "
            "all three must be positive."
        )
    n, d = num_context, input_dim
    second = input_range**2 / 12
    fourth = input_range**4 / 80
    same = d * fourth + d * (d - 1) * second**2
    trace_square = (n * same + n * (n - 1) * d * second**2) / n**2
    learning_rate = d * second / trace_square
    loss = 0.5 * second * (d - (d * second) ** 2 / trace_square)
    return OneStepOptimum(learning_rate, learning_rate / n, loss)
