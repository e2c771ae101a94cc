"""Losses by position, what tokens say of MLP*, and what the first layer owes to earlier states."""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jaxtyping import Float, PyTree

from incontext.analysis import learners, probes
from incontext.analysis.learners import Learner
from incontext.analysis.past_sensitivity import past_sensitivity
from incontext.baselines import feature_regression, kernel
from incontext.baselines.past_regressions import kernel_losses
from incontext.baselines.proposition2 import Rates
from incontext.experiments import sequences, tables
from incontext.experiments.dataset_building.model import first_layer
from incontext.experiments.nonlinear_dynamics.config import Config
from incontext.experiments.types import Roles
from incontext.models.sequence import SequenceConfig, build
from incontext.networks.network import Networks
from incontext.tasks.dynamics import NonlinearDynamics
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory
from incontext.training.loop import take_seed

SCORINGS: tuple[probes.Scoring, ...] = ("held out", "training")
_CHOOSING = 3  # purpose of the sequences that a sharpness is chosen on


def published_rates() -> Rates:
    """Rates that the authors learned for six iterations on MLP*(s).

    Source: stored results of paper B, Figure 7C.
    """
    return Rates(
        (1.00307, 4.01578, 3.86616, 3.32171, 2.75706, 2.16929),
        (0.0, 0.56304, 0.56615, 0.93483, 1.56033, 2.42583),
    )


def positions(config: Config, networks: Roles) -> pd.DataFrame:
    """Loss of networks and regressions at every position.  Paper B, Figures 7C and 25C."""
    compared = [networks[name].learner(name) for name in config.entrants]
    test = fixed_batch(config.task, config.test_size, 1)
    return sequences.positions_table([*compared, *algorithms(config)], test)


def algorithms(config: Config) -> list[Learner]:
    """Least squares and Proposition 2, each on s and on MLP*(s); kernel regression on s."""
    task, rates = config.task, published_rates()
    inputs = {"s": lambda t: t.inputs, "MLP*": lambda t: task.features(t.inputs)}
    found = []
    for name, read in inputs.items():
        found.append(
            learners.algorithm(
                f"least squares on {name}",
                lambda t, read=read: feature_regression.ridge_regression(
                    t.inputs, read(t), config.ridge
                ),
            )
        )
        for delay, suffix in ((0, ""), (1, ", one late")):
            found.append(
                learners.algorithm(
                    f"Proposition 2 on {name}{suffix}",
                    lambda t, read=read, delay=delay: feature_regression.preconditioned_step(
                        t.inputs, read(t), rates, delay=delay
                    ),
                )
            )
    best = sharpness(config)
    return [
        *found,
        learners.algorithm("kernel regression", lambda t: kernel.predict(t.inputs, best)),
    ]


def sharpness(config: Config) -> float:
    """The sharpness with the lowest mean loss, chosen on sequences of its own."""
    size = min(config.test_size, sequences.TEST_BATCH)
    chosen_on = fixed_batch(config.task, size, _CHOOSING)
    assert isinstance(chosen_on, Trajectory)
    losses = kernel_losses(chosen_on, jnp.asarray(config.sharpnesses))
    return config.sharpnesses[int(jnp.argmin(losses.mean(axis=1)))]


class _Sequences(NamedTuple):
    """Sequences that probes are fitted to and scored on, as arrays of NumPy."""

    states: Float[np.ndarray, "B T n"]
    targets: Float[np.ndarray, "B T n"]

    def part(self, scoring: probes.Scoring) -> slice:
        """The published scoring uses half as many sequences, all of them twice."""
        return slice(0, len(self.states) // 2 if scoring == "training" else None)


def _probed(config: Config) -> _Sequences:
    found = fixed_batch(config.task, config.probe_size, 2)
    assert isinstance(found, Trajectory)
    return _Sequences(np.asarray(found.inputs), np.asarray(found.targets))


def _streams(networks: Networks, states: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Residual stream [S, B, T, D] of every training seed."""
    network = networks.training.network
    assert isinstance(network, SequenceConfig)
    trace = jax.jit(build(network, states.shape[-1]).trace)
    for index, seed in enumerate(networks.seeds):
        yield seed, np.asarray(trace(take_seed(networks.params, index), jnp.asarray(states)))


def token_probes(config: Config, networks: Roles) -> pd.DataFrame:
    """How well MLP* of the last states can be read off the last token, layer by layer.

    Squared error per entry: columns model, scoring, seed, layer, back, error; layer 0 is the
    embedding, and back counts from 0, the latest.  MLP* is not divided by its length here, as
    published.  Paper B, Figure 2B.
    """
    shown = _probed(config)
    wanted = np.asarray(jax.jit(config.task.hidden_network)(jnp.asarray(shown.states)))
    rows = []
    for name in config.entrants:
        for seed, stream in _streams(networks[name], shown.states):
            for scoring in SCORINGS:
                part = shown.part(scoring)
                for layer, tokens in enumerate(stream[:, part, -1]):
                    for back in range(config.looked_for):
                        target = wanted[part, -1 - back]
                        error = probes.linear_probe(tokens, target, scoring=scoring)
                        error *= 2 / target.shape[-1]
                        rows.append((name, scoring, seed, layer, back, error))
    return pd.DataFrame(rows, columns=["model", "scoring", "seed", "layer", "back", "error"])


def layer_probes(config: Config, networks: Roles) -> pd.DataFrame:
    """What can be read after every layer of the softmax network at every position.

    Half the squared error: columns target, scoring, seed, layer, t, error.  Targets are the next
    state and MLP*(s_t) / |MLP*(s_t)|.  Paper B, Figure 25.
    """
    shown = _probed(config)
    features = np.asarray(jax.jit(config.task.features)(jnp.asarray(shown.states)))
    wanted = {"next state": shown.targets, "MLP*": features}
    frames = []
    for seed, stream in _streams(networks["softmax"], shown.states):
        for target, values in wanted.items():
            for scoring in SCORINGS:
                part = shown.part(scoring)
                errors = probes.probe_stream(stream[:, part], values[part], scoring=scoring)
                axes = {"layer": range(len(errors)), "t": range(1, errors.shape[1] + 1)}
                frame = tables.long(errors, axes, value="error")
                frames.append(frame.assign(target=target, scoring=scoring, seed=seed))
    table = pd.concat(frames, ignore_index=True)
    return table[["target", "scoring", "seed", "layer", "t", "error"]]


def sensitivities(config: Config, networks: Roles) -> pd.DataFrame:
    """Sensitivity of the last token after the first layer to every state, during training.

    Columns model, seed, step, back, sensitivity.  Paper B, Figure 23.
    """
    frames = []
    for name, training in config.entrants.items():
        network, found = training.network, networks[name]
        assert isinstance(network, SequenceConfig)
        states = found.training.evaluation_batch().inputs[: config.sensitivity_size]

        def measure(
            params: PyTree, network: SequenceConfig = network, states: jax.Array = states
        ) -> dict[str, jax.Array]:
            after = functools.partial(first_layer, network, params)
            return {"sensitivity": past_sensitivity(after, states)[::-1]}

        values = found.along(measure)["sensitivity"]
        axes = {
            "seed": found.seeds,
            "step": found.kept_steps,
            "back": range(config.task.length),
        }
        frames.append(tables.long(values, axes, value="sensitivity").assign(model=name))
    table = pd.concat(frames, ignore_index=True)
    return table[["model", "seed", "step", "back", "sensitivity"]]


def feature_spread(task: NonlinearDynamics, size: int) -> float:
    """Variance of an entry of MLP*(s), mean over entries: the error of knowing only its mean."""
    found = fixed_batch(task, size, 2)
    assert isinstance(found, Trajectory)
    values = np.asarray(jax.jit(task.hidden_network)(found.inputs))[:, -1]
    return float(values.var(axis=0).mean())
