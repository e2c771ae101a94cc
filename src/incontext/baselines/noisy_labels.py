"""One gradient step on examples of which some labels are noise: expected losses in closed form."""

from typing import NamedTuple

from incontext.errors import Refusal
from incontext.tasks.regression import LinearRegression


class Moments(NamedTuple):
    """Second moments of target and prediction of a step of size 1, summed over outputs.

    variance: E |y|^2.  overlap: E y . y_hat.  power: E |y_hat|^2.
    """

    variance: float
    overlap: float
    power: float

    def loss(self, step_size: float) -> float:
        """Half the squared error of a step, 1/2 E |y - (eta/N) y_hat|^2."""
        return 0.5 * (self.variance - 2 * step_size * self.overlap + step_size**2 * self.power)

    @property
    def best_step_size(self) -> float:
        """Step size eta / N with the least loss."""
        return self.overlap / self.power


def moments(task: LinearRegression) -> Moments:
    """Moments of one step from W_0 = 0 with m = num_noisy_targets of N labels replaced by N(0, 1).

    y_hat = sum over n = N - m clean examples of W x_i (x_i . x) + sum over m others of
    xi_i (x_i . x).  With s = E x^2 and f = E x^4 per entry, d inputs, weights of scale c:
    E |y|^2 = c^2 d s,  E y . y_hat = c^2 n d s^2,
    E |y_hat|^2 = s [c^2 (n (d f + d (d - 1) s^2) + n (n - 1) d s^2) + m d s],
    each times the number of outputs.

    Raises:
        Refusal: if inputs are not uniform.

    Source: derived for this project.
    """
    if task.input_distribution != "uniform":
        raise Refusal(
            f"input_distribution is {task.input_distribution!r}; the closed form holds for "
            "'uniform'."
        )
    size, scale = task.input_dim, task.target_scale**2
    second, fourth = task.input_range**2 / 12, task.input_range**4 / 80
    noisy = task.num_noisy_targets
    clean = task.num_context - noisy
    same = size * fourth + size * (size - 1) * second**2
    square = clean * same + clean * (clean - 1) * size * second**2  # E tr A^2 of clean examples
    return Moments(
        task.output_dim * scale * size * second,
        task.output_dim * scale * clean * size * second**2,
        task.output_dim * second * (scale * square + noisy * size * second),
    )
