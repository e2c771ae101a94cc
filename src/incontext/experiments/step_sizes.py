"""Step sizes and curvatures of gradient descent and GD++, tuned on the task itself.

Shapes: K steps, or 1 where all steps share their numbers; S seeds.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.alignment import squared_error
from incontext.baselines import gdpp
from incontext.baselines.step_search import equal_step_losses
from incontext.experiments import prompts
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt
from incontext.training.config import TrainingConfig
from incontext.training.loop import take_seed, train
from incontext.training.state import Problem
from incontext.training.workspace import Workspace

TUNING_SEED = 0
_NUM_TASKS = 10_000
_GRID = 33  # step sizes tried at once, twice
_GROWTH = 4.0  # start of every step relative to the one before


@dataclasses.dataclass(frozen=True)
class Descent:
    """K steps of gradient descent (all curvatures zero) or GD++, as an algorithm.

    step_sizes: eta / N of every step.  curvatures: gamma of every step.
    bound: inputs, residuals and prediction are clipped to +-bound after every step.

    Raises:
        ValueError: if a number is missing, not finite, or a step size is not positive.
    """

    step_sizes: tuple[float, ...]
    curvatures: tuple[float, ...]
    bound: float | None = None

    def __post_init__(self) -> None:
        if len(self.step_sizes) != len(self.curvatures) or not self.step_sizes:
            raise ValueError(
                f"{len(self.step_sizes)} step sizes and {len(self.curvatures)} curvatures; "
                "give one of each per step."
            )
        if not np.all(np.isfinite([*self.step_sizes, *self.curvatures])):
            raise ValueError(f"{self} has a number that is not finite; the tuning diverged.")
        if min(self.step_sizes) <= 0:
            raise ValueError(f"step_sizes is {self.step_sizes}; all must be positive.")

    def __call__(self, prompt: Prompt) -> Float[Array, "B d_y"]:
        """Prediction on every prompt."""
        return _predict(prompt, jnp.asarray(self.step_sizes), jnp.asarray(self.curvatures), self)


def _predict(prompt: Prompt, step_sizes: Array, curvatures: Array, shape: Descent) -> Array:
    """GD++ with as many steps as `shape` has; one number is shared by all steps."""
    count, num_context = len(shape.step_sizes), prompt.context_inputs.shape[1]
    rates = jnp.broadcast_to(num_context * step_sizes, count)
    return gdpp.predict(prompt, list(rates), list(jnp.broadcast_to(curvatures, count)), shape.bound)


def tune_gradient_descent(
    task: LinearRegression, num_steps: int, bound: float | None = None
) -> Descent:
    """K equal steps of gradient descent with the best step size found by line search.

    Raises:
        ValueError: if the bound would clip the inputs themselves.

    Source: paper A, Section 3: the step size is found by a search on 10,000 tasks.
    """
    if bound is not None and bound < task.input_range / 2:
        raise ValueError(
            f"bound is {bound} and inputs reach {task.input_range / 2}; a search needs a bound "
            "that leaves inputs as they are."
        )
    shape = Descent((1.0,) * num_steps, (0.0,) * num_steps, bound)
    prompt = task.sample(_NUM_TASKS, key=prompts.evaluation_key(5))
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


def tune_gdpp(
    task: LinearRegression,
    start: Descent,
    training: TrainingConfig,
    *,
    tied: bool,
    name: str,
    workspace: Workspace,
) -> Descent:
    """GD++ whose numbers are trained on the loss, starting near tuned gradient descent.

    Trained are the logarithms of step sizes and curvatures, one of each if `tied` and one of
    each per step otherwise, for they end up spread over orders of magnitude: a correction
    shrinks the largest eigenvalue of the Hessian, so that later steps can be longer.

    Source: paper A, Sections 3 and A.12; the logarithms and the start are ours.
    """
    count = 1 if tied else len(start.step_sizes)
    growth = _GROWTH ** np.arange(count)

    def loss(params: PyTree, prompt: Prompt) -> Array:
        return jnp.mean(squared_error(lambda p: _predict(p, *_numbers(params), start), prompt))

    problem = Problem(
        init=lambda key: {
            "log_step_size": jnp.log(start.step_sizes[0] * growth),
            "log_curvature": jnp.log(start.step_sizes[0] / 3 * growth),
        },
        sample=lambda key: task.sample(training.batch_size, key=key),
        loss=loss,
        evaluate=lambda params, prompt: {"loss": loss(params, prompt)},
        evaluation_batch=task.sample(training.evaluation_size, key=prompts.evaluation_key(0)),
    )
    trained = train(
        problem,
        training,
        seeds=[TUNING_SEED],
        name=name,
        workspace=workspace.undivided(),
    )
    repeat = len(start.step_sizes) // count
    steps, curvatures = (np.asarray(a).tolist() for a in _numbers(take_seed(trained.params, 0)))
    return Descent(tuple(steps * repeat), tuple(curvatures * repeat), start.bound)


def _numbers(params: PyTree) -> tuple[Array, Array]:
    return jnp.exp(params["log_step_size"]), jnp.exp(params["log_curvature"])
