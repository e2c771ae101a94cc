"""Trained readers of raw states, their first layer, and the algorithms beside them."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis import learners
from incontext.analysis.learners import Learner
from incontext.analysis.past_sensitivity import mean_attention
from incontext.baselines import least_squares, proposition2
from incontext.experiments.dataset_building.config import Config
from incontext.experiments.types import Roles
from incontext.models.attention import logit_scale, merge
from incontext.models.sequence import SequenceConfig, build, sinusoids
from incontext.networks.network import Networks
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.types import Trajectory

STORED_RIDGE = 1e-3  # of the authors' least squares, in units of a squared state


class TrainedReader(NamedTuple):
    """The networks of one reader, one per figure; they may be the same network."""

    name: str
    network: SequenceConfig
    prediction: Networks
    probe: Networks
    sensitivity: Networks


def trained_readers(config: Config, networks: Roles) -> list[TrainedReader]:
    """Every reader with its networks, each as it stood after the steps that are wanted of it."""
    found = []
    for reader in config.readers:
        mine = {}
        for purpose, one in reader.parts.items():
            whole = networks[f"{reader.name}, {purpose}"]
            mine[purpose] = whole if one.num_steps is None else whole.beginning(one.num_steps)
        found.append(TrainedReader(reader.name, reader.network, **mine))
    return found


def test_sequences(config: Config) -> Trajectory:
    """The sequences that all figures but the training curves are measured on."""
    return fixed_batch(config.task, config.test_size, 1)


def first_layer(network: SequenceConfig, params: PyTree, states: Float[Array, "B T n"]) -> Array:
    """All tokens after the first layer [B, T, D]; later layers are not computed."""
    one = dataclasses.replace(network, kinds=network.kinds[:1])
    return build(one, states.shape[-1]).trace(params, states)[1]


def attention(network: SequenceConfig, params: PyTree, states: Float[Array, "B T n"]) -> Array:
    """Mean weights of a softmax first layer, [H, T, T]."""
    tokens = build(network, states.shape[-1]).trace(params, states)[0]
    positions = sinusoids(states.shape[1], network.position_dim or 0)
    scale = logit_scale("softmax", network.key_size)
    return mean_attention(merge(dict(params["layer_0"])), tokens, positions, scale)


def algorithms() -> list[Learner]:
    """Exact least squares and Proposition 2, each also with the latest transition left out.

    The stored curve of least squares behind Figure 7A leaves it out and has a ridge.
    """
    rates = six_iterations()
    found = [
        learners.algorithm(
            "least squares, stored",
            lambda t: least_squares.predict(t.inputs, STORED_RIDGE, delay=1),
        )
    ]
    for suffix, delay in (("", 0), (", one late", 1)):
        found += [
            learners.algorithm(
                f"least squares{suffix}",
                lambda t, delay=delay: least_squares.predict(t.inputs, delay=delay),
            ),
            learners.algorithm(
                f"Proposition 2{suffix}",
                lambda t, delay=delay: proposition2.predict(t.inputs, rates, delay=delay),
            ),
        ]
    return found


def six_iterations() -> proposition2.Rates:
    """Rates that the authors learned for six iterations beside the seven-layer network.

    Source: stored results of paper B, Figures 6C and 7A.
    """
    return proposition2.Rates(
        (1.0292, 3.8551, 3.74691, 3.38279, 2.98815, 2.09344),
        (0.0, 0.64021, 0.47981, 0.81435, 1.66803, 2.4196),
    )


def echoes(networks: Sequence[Networks], trajectory: Trajectory) -> list[Float[Array, " S"]]:
    """How much of the first state each network repeats when it has seen nothing else.

    c = sum s_hat_2^T s_1 / sum |s_1|^2: with s_hat_2 = c s_1 the first loss is (1 + c^2) n / 6,
    because W is as likely to be -W.

    Source: derived.
    """

    @jax.jit
    def repeated(states: Array) -> list[Array]:
        only = Trajectory(states)  # one state to read, one that is not used
        first = only.inputs[None]
        found = [network.learner("network").predict(only) for network in networks]
        return [(one * first).sum((1, 2, 3)) / (first**2).sum() for one in found]

    return repeated(trajectory.states[:, :2])
