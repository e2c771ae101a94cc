"""Losses by position of the stacks and of as many iterations."""

import pandas as pd

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.baselines import proposition2
from incontext.baselines.proposition2 import Rates
from incontext.experiments import sequences
from incontext.experiments.dataset_building.model import six_iterations
from incontext.experiments.softmax_stack.config import Config, title
from incontext.experiments.types import Roles
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch


def two_iterations() -> Rates:
    """Rates that the authors learned for two iterations beside the three-layer network.

    Source: stored results of paper B, Figure 6C.
    """
    return Rates((1.23158, 8.19961), (0.0, 4.94994))


def trained(config: Config, networks: Roles) -> dict[str, Networks]:
    """Every stack as it stood after the steps that are wanted of it."""
    found = {}
    for one in config.stacks:
        whole = networks[title(one.training)]
        found[title(one.training)] = (
            whole if one.num_steps is None else whole.beginning(one.num_steps)
        )
    return found


def algorithms() -> list[Learner]:
    """Proposition 2 with two and six iterations and one step, with the latest pair and without."""
    found = []
    for layers, rates in ((3, two_iterations()), (7, six_iterations())):
        for suffix, delay in (("", 0), (", one late", 1)):
            found.append(
                learners.algorithm(
                    f"Proposition 2, {layers} layers{suffix}",
                    lambda t, rates=rates, delay=delay: proposition2.predict(
                        t.inputs, rates, delay=delay
                    ),
                )
            )
    return found


def positions(config: Config, stacks: dict[str, Networks]) -> pd.DataFrame:
    """Loss of every stack and iteration at every position.  Paper B, Figure 6C."""
    compared = [one.learner(name) for name, one in stacks.items()]
    test = fixed_batch(config.task, config.test_size, 1)
    return sequences.positions_table([*compared, *algorithms()], test)
