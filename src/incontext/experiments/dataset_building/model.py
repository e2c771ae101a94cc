"""Trained readers of raw states, their first layer, and the algorithms beside them."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float, PyTree

from incontext.analysis.past_sensitivity import mean_attention, past_sensitivity
from incontext.baselines import least_squares, proposition2
from incontext.experiments import sequences, tables
from incontext.experiments.dataset_building.config import Config, Reader
from incontext.experiments.sequences import Learner, Network
from incontext.models.attention import logit_scale, merge
from incontext.models.sequence import build, sinusoids
from incontext.tasks.types import Trajectory
from incontext.training.config import TrainingConfig
from incontext.training.state import Trained
from incontext.training.workspace import Workspace


class Trainings(NamedTuple):
    """The networks of one reader, one per figure; they may be the same network."""

    reader: Reader
    prediction: Network
    probe: Network
    sensitivity: Network


def test_sequences(config: Config) -> Trajectory:
    """The sequences that all figures but the training curves are measured on."""
    return sequences.fixed_trajectories(config.task, config.test_size, 1)


def layout(trajectory: Trajectory) -> Float[Array, "B T n"]:
    """Raw tokens, e_t = s_t."""
    return trajectory.inputs


def train_reader(
    config: Config, reader: Reader, seeds: Sequence[int], workspace: Workspace
) -> Trainings:
    """Train the networks of one reader.

    Equal trainings are run once, and one that another begins with is cut out of that: it has
    the same start, and sees the same batches.
    """
    found: dict[TrainingConfig, Network] = {}
    purposes = ("prediction", "probe", "sensitivity")
    for purpose, training in zip(purposes, map(reader.whole, reader.trainings), strict=True):
        if training not in found:
            name = f"{tables.slug(reader.name)}-{purpose}"
            found[training] = _train(config, reader, training, seeds, name, workspace)
    networks = (beginning(found[reader.whole(one)], one.num_steps) for one in reader.trainings)
    return Trainings(reader, *networks)


def _train(
    config: Config,
    reader: Reader,
    training: TrainingConfig,
    seeds: Sequence[int],
    name: str,
    workspace: Workspace,
) -> Network:
    """Train one network; its weights are kept at every evaluation, if a beginning is wanted.

    Sensitivities of the first layer are taken at every evaluation of the one that needs them.
    """
    measured = reader.whole(reader.sensitivity) == training
    cut = any(one != training and reader.whole(one) == training for one in reader.trainings)

    def metrics(params: PyTree, trajectory: Trajectory) -> dict[str, Array]:
        found = {}
        if measured:
            few = layout(trajectory)[: config.sensitivity_size]
            found["sensitivity"] = past_sensitivity(lambda s: first_layer(reader, params, s), few)
        if cut:
            found |= {_leaf(index): leaf for index, leaf in enumerate(jax.tree.leaves(params))}
        return found

    problem = sequences.trajectory_problem(config.task, reader.network, training, layout, metrics)
    return sequences.train_network(
        problem, reader.network, training, seeds, layout=layout, name=name, workspace=workspace
    )


def beginning(network: Network, num_steps: int) -> Network:
    """The network as it stood after some of its steps, by the weights that its history holds."""
    trained = network.trained
    if num_steps == trained.steps[-1]:
        return network
    passed = trained.steps <= num_steps
    history = {name: values[:, passed] for name, values in trained.history.items()}
    structure = jax.tree.structure(trained.params)
    leaves = [jnp.asarray(history[_leaf(i)][:, -1]) for i in range(structure.num_leaves)]
    params = jax.tree.unflatten(structure, leaves)
    return network._replace(trained=Trained(params, trained.steps[passed], history))


def _leaf(index: int) -> str:
    """Name in the history of one array of weights."""
    return f"weights/{index}"


def first_layer(reader: Reader, params: PyTree, states: Float[Array, "B T n"]) -> Array:
    """All tokens after the first layer [B, T, D]; later layers are not computed."""
    network = dataclasses.replace(reader.network, kinds=reader.network.kinds[:1])
    return build(network).trace(params, states)[1]


def attention(reader: Reader, params: PyTree, states: Float[Array, "B T n"]) -> Array:
    """Mean weights of a softmax first layer, [H, T, T]."""
    network = reader.network
    tokens = build(network).trace(params, states)[0]
    positions = sinusoids(states.shape[1], network.position_dim or 0)
    scale = logit_scale("softmax", network.key_size)
    return mean_attention(merge(dict(params["layer_0"])), tokens, positions, scale)


def algorithms() -> list[Learner]:
    """Exact least squares and Proposition 2, each also with the latest transition left out."""
    rates = six_iterations()
    learners = []
    for suffix, delay in (("", 0), (", one late", 1)):
        learners += [
            sequences.algorithm(
                f"least squares{suffix}",
                lambda t, delay=delay: least_squares.predict(t.inputs, delay=delay),
            ),
            sequences.algorithm(
                f"Proposition 2{suffix}",
                lambda t, delay=delay: proposition2.predict(t.inputs, rates, delay=delay),
            ),
        ]
    return learners


def six_iterations() -> proposition2.Rates:
    """Rates that the authors learned for six iterations beside the seven-layer network.

    Source: stored results of paper B, Figures 6C and 7A.
    """
    return proposition2.Rates(
        (1.0292, 3.8551, 3.74691, 3.38279, 2.98815, 2.09344),
        (0.0, 0.64021, 0.47981, 0.81435, 1.66803, 2.4196),
    )


def echoes(networks: Sequence[Network], trajectory: Trajectory) -> list[Float[Array, " S"]]:
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
