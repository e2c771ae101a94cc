"""The search for the best step size of gradient descent, 250 step sizes on 10,000 tasks.

For one step the loss is a parabola in the step size, so three means over the tasks give it at
any number of step sizes; and its expectation has a closed form that needs no task at all.  For
several steps the library takes the steps of all step sizes side by side inside one compiled
call, and looks at 66 of them, coarse then fine, instead of 250.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import timing, usual_search
from benchmarks.harness import Benchmark, Row, Size
from incontext.baselines import closed_form, gradient_descent
from incontext.experiments import prompts, step_sizes
from incontext.tasks.regression import LinearRegression
from incontext.tasks.types import Prompt

LIMIT = 1.0  # seconds that 250 step sizes on 10,000 tasks may take
TASK = LinearRegression()
BOUNDS = {1: None, 2: None, 5: 10.0}  # as the experiments tune them

Search = Callable[[], float]  # -> the best step size


class Case:
    """Step sizes and tasks of one search, and the ways to do it."""

    def __init__(self, num_steps: int, num_sizes: int, num_tasks: int) -> None:
        self.num_steps, self.bound = num_steps, BOUNDS[num_steps]
        self.prompt = jax.block_until_ready(
            TASK.sample(num_tasks, key=prompts.evaluation_key(5))  # those of the library's search
        )
        upper = 2.0 / (TASK.num_context * TASK.input_range**2 / 12)
        self.grid = np.linspace(0.01, 1.0, num_sizes) * upper

    def ways(self) -> dict[str, Search]:
        """The searches by name, the baseline first."""
        shape = step_sizes.Descent((1.0,) * self.num_steps, (0.0,) * self.num_steps, self.bound)
        found: dict[str, Search] = {
            "usual loop": functools.partial(
                usual_search.search, _arrays(self.prompt), self.grid.tolist(), self.num_steps,
                self.bound,
            ),
            "same grid, one compiled call": lambda: float(
                self.grid[step_sizes._best(self.prompt, self.grid, shape)]
            ),
            "coarse, then fine": lambda: step_sizes.tune_gradient_descent(
                TASK, self.num_steps, self.bound
            ).step_sizes[0],
        }  # fmt: skip
        if self.num_steps == 1:
            found["same grid, parabola"] = self._parabola
            found["closed form, no task"] = lambda: (
                closed_form.one_step_optimum(
                    TASK.input_range, TASK.num_context, TASK.input_dim
                ).step_size
            )
        return found

    def _parabola(self) -> float:
        losses, _ = _parabola(self.prompt, jnp.asarray(self.grid * TASK.num_context))
        return float(self.grid[np.argmin(losses)])


_parabola = jax.jit(gradient_descent.one_step_losses)


def _arrays(prompt: Prompt) -> tuple[jax.Array, ...]:
    return (
        prompt.context_inputs,
        prompt.context_targets[..., 0],
        prompt.query_inputs,
        prompt.query_targets[..., 0],
    )


def measure(num_steps: int, size: Size) -> list[Row]:
    """One row per way: seconds, the step size it finds, how often the baseline is beaten."""
    case = Case(num_steps, size.pick(250, 25), size.pick(10_000, 200))
    answers: dict[str, float] = {}

    def turn(name: str, search: Search) -> timing.Turn:
        def work() -> None:
            answers[name] = search()

        return lambda: timing.seconds(work)

    ways = {name: turn(name, search) for name, search in case.ways().items()}
    found = timing.take_turns(ways, size.turns)
    usual = found["usual loop"]
    rows = []
    for name, costs in found.items():
        ratios = [b / a for a, b in zip(costs, usual, strict=True)]
        rows.append(
            {
                "way": name,
                "gradient steps": num_steps,
                "step sizes": len(case.grid),
                "tasks": case.prompt.query_inputs.shape[0],
                "seconds": timing.told(costs),
                "times faster": timing.short(float(np.median(ratios)), 3),
                "best step size": timing.short(answers[name], 5),
                "at most 1 s": timing.told(costs)["median"] <= LIMIT,
            }
        )
    return rows


BENCHMARK = Benchmark(
    "search",
    "step-size search of gradient descent beside a Python loop",
    {
        f"{steps} step{'s' if steps > 1 else ''}".replace(" ", "-"): functools.partial(
            measure, steps
        )
        for steps in BOUNDS
    },
)
