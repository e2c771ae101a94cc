"""Expected losses of a whole task, from the closed forms of one target of unit scale."""

from incontext.baselines import closed_form
from incontext.baselines.closed_form import OneStepOptimum
from incontext.errors import Refusal
from incontext.tasks.regression import LinearRegression


def one_step(task: LinearRegression) -> OneStepOptimum:
    """Best gradient step of a task; several and larger targets multiply the loss.

    loss = d_y c^2 loss(a, N, d) for d_y targets whose weights have the scale c.

    Raises:
        Refusal: if inputs are not uniform or targets noisy, for which there is no formula here.
    """
    _check_has_formula(task)
    found = closed_form.one_step_optimum(task.input_range, task.num_context, task.input_dim)
    return found._replace(loss=_targets(task) * found.loss)


def zero_loss(task: LinearRegression) -> float:
    """Expected loss of predicting zero on a task, d_y c^2 d a^2 / 24.

    Raises:
        Refusal: if inputs are not uniform or targets noisy, as for `one_step`.
    """
    _check_has_formula(task)
    return _targets(task) * closed_form.zero_predictor_loss(task.input_range, task.input_dim)


def _targets(task: LinearRegression) -> float:
    return task.output_dim * task.target_scale**2


def _check_has_formula(task: LinearRegression) -> None:
    if task.input_distribution != "uniform" or task.num_noisy_targets:
        raise Refusal(
            f"input_distribution is {task.input_distribution!r} and num_noisy_targets "
            f"{task.num_noisy_targets}; the closed form holds for 'uniform' and 0."
        )
