"""The panels that follow from trained stacks: losses by position."""

from collections.abc import Sequence

import pandas as pd

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.baselines import causal_gradient_step, proposition2
from incontext.experiments import sequences
from incontext.experiments.deep_linear.config import Config
from incontext.tasks.fixed import fixed_batch

_LEARNING_RATE = 0.032  # of the gradient step of Figure 4C


def algorithms() -> list[Learner]:
    """One gradient step, and Proposition 2 with and without the latest transition."""
    rates = proposition2.published_rates()
    return [
        learners.algorithm(
            "gradient descent",
            lambda t: causal_gradient_step.predict(t.inputs, _LEARNING_RATE),
        ),
        learners.algorithm("Proposition 2", lambda t: proposition2.predict(t.inputs, rates)),
        learners.algorithm(
            "Proposition 2, one late", lambda t: proposition2.predict(t.inputs, rates, delay=1)
        ),
    ]


def positions(config: Config, compared: Sequence[Learner]) -> pd.DataFrame:
    """Loss of every learner at every position.  Paper B, Figure 4D."""
    return sequences.positions_table(compared, fixed_batch(config.task, config.test_size, 1))
