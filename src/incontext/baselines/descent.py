"""K steps of gradient descent or GD++ as an algorithm, and its step size tuned on the task."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float

from incontext.baselines import gdpp
from incontext.baselines.step_search import equal_step_losses
from incontext.errors import Refusal
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt

_NUM_TASKS = 10_000
_GRID = 33  # step sizes tried at once, twice


@dataclasses.dataclass(frozen=True)
class Descent:
    """K steps of gradient descent (all curvatures zero) or GD++, as an algorithm.

    step_sizes: eta / N of every step.  curvatures: gamma of every step.
    bound: inputs, residuals and prediction are clipped to +-bound after every step.

    Raises:
        Refusal: if a number is missing, not finite, or a step size is not positive.
    """

    step_sizes: tuple[float, ...]
    curvatures: tuple[float, ...]
    bound: float | None = None

    def __post_init__(self) -> None:
        if len(self.step_sizes) != len(self.curvatures) or not self.step_sizes:
            raise Refusal(
                f"{len(self.step_sizes)} step sizes and {len(self.curvatures)} curvatures; "
                "give one of each per step."
            )
        if not np.all(np.isfinite([*self.step_sizes, *self.curvatures])):
            raise Refusal(f"{self} has a number that is not finite; the tuning diverged.")
        if min(self.step_sizes) <= 0:
            raise Refusal(f"step_sizes is {self.step_sizes}; all must be positive.")

    def __call__(self, prompt: Prompt) -> Float[Array, "B d_y"]:
        """Prediction on every prompt."""
        return predict(prompt, jnp.asarray(self.step_sizes), jnp.asarray(self.curvatures), self)


def predict(
    prompt: Prompt, step_sizes: Float[Array, " k"], curvatures: Float[Array, " k"], shape: Descent
) -> Float[Array, "B d_y"]:
    """GD++ with as many steps as `shape` has; one number is shared by all steps."""
    count, num_context = len(shape.step_sizes), prompt.context_inputs.shape[1]
    rates = jnp.broadcast_to(num_context * step_sizes, count)
    return gdpp.predict(prompt, list(rates), list(jnp.broadcast_to(curvatures, count)), shape.bound)


def tune_gradient_descent(
    task: LinearRegression, num_steps: int, bound: float | None = None
) -> Descent:
    """K equal steps of gradient descent with the best step size found by line search.

    Raises:
        Refusal: if the bound would clip the inputs themselves.

    Source: paper A, Section 3: the step size is found by a search on 10,000 tasks.
    """
    if bound is not None and bound < task.input_range / 2:
        raise Refusal(
            f"bound is {bound} and inputs reach {task.input_range / 2}; a search needs a bound "
            "that leaves inputs as they are."
        )
    shape = Descent((1.0,) * num_steps, (0.0,) * num_steps, bound)
    prompt = task.sample(_NUM_TASKS, key=evaluation_key(5))
    second_moment = task.input_range**2 / 12
    upper = 2.0 / (task.num_context * second_moment)
    grid = np.linspace(0.02, 1.0, _GRID) * upper
    best = grid[_best(prompt, grid, shape)]
    fine = np.linspace(-1.0, 1.0, _GRID) * (grid[1] - grid[0]) + best
    best = float(fine[_best(prompt, fine, shape)])
    return dataclasses.replace(shape, step_sizes=(best,) * num_steps)


def _best(prompt: Prompt, grid: np.ndarray, shape: Descent) -> int:
    count = len(shape.step_sizes)
    losses = np.asarray(equal_step_losses(prompt, jnp.asarray(grid), count, shape.bound))
    return int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
