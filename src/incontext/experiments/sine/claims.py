"""The numbers that claims about the sine figure refer to."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from incontext.analysis.influence import explained_share
from incontext.baselines import gradient_descent, sine
from incontext.experiments import comparison, tables
from incontext.experiments.sine.config import Config, Family
from incontext.experiments.sine.model import CONTROL, NAMES, TRAINED, Pair, predict, predict_before
from incontext.experiments.sine.panels import grid
from incontext.models.readout import read_prediction
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.types import Prompt

SHORT = {TRAINED: "trained", CONTROL: "control"}


def add_construction(config: Config, rows: tables.MetricRows) -> None:
    """How exactly the control is a gradient step on its features, in float64."""
    with jax.enable_x64(True):
        rows.add("construction_error_float64", construction_error(config.families[0]))


def construction_error(family: Family) -> float:
    """Largest relative gap between the control and an explicit step on its features.

    The features of a token are all its channels but the last, its target the last one;
    weights are drawn a hundred times larger than for training, in the precision that
    is switched on.
    """
    control, task = family.networks[1], family.task
    model, prompt = control.model(), task.sample(13, key=evaluation_key(100))
    start = jax.jit(model.init)(evaluation_key(101), concatenate(prompt))
    params = jax.tree.map(lambda leaf: 100 * leaf.astype(prompt.query_inputs.dtype), start)
    tokens = jax.jit(model.embed)(params, concatenate(prompt))
    targets = -read_prediction(tokens, 1)
    features = Prompt(tokens[:, :-1, :-1], targets[:, :-1], tokens[:, -1, :-1], targets[:, -1])
    assert control.step_size is not None
    step = gradient_descent.predict(features, [control.step_size * task.num_context])
    explicit = predict_before(model, params, prompt) + step
    gap = predict(model, params, prompt) - explicit
    return float(jnp.max(jnp.abs(gap)) / jnp.max(jnp.abs(explicit)))


def add_references(networks: Pair, prefix: str, rows: tables.MetricRows) -> None:
    """Losses of learners that know that sines are linear in (sin x, cos x)."""
    size = networks.family.transformer.schedule.evaluation_size
    prompt = networks.task.sample(size, key=evaluation_key(1))
    found = jax.jit(sine.references)(prompt)
    rows.add(f"{prefix}zero_predictor_loss", found.zero)
    rows.add(f"{prefix}mean_function_loss", found.mean)
    rows.add(f"{prefix}ideal_step_loss", found.one_step)


def add_losses(
    config: Config,
    networks: Pair,
    along: dict[str, np.ndarray],
    prefix: str,
    rows: tables.MetricRows,
) -> None:
    """Losses of both networks on fresh tasks, and their alignment at the end."""
    trained, control = comparison.final_losses(
        networks.task,
        [networks.learner(name) for name in NAMES],
        batch_size=networks.family.transformer.schedule.evaluation_size,
        num_batches=config.final_batches,
    )
    seeds = networks.seeds
    rows.add(f"{prefix}trained_loss", trained.mean, seeds)
    rows.add(f"{prefix}control_loss", control.mean, seeds)
    rows.add(f"{prefix}trained_over_control", trained.mean / control.mean, seeds)
    for name in ("cosine", "prediction_difference", "sensitivity_difference", "initial_difference"):
        rows.add(f"{prefix}{name}", along[name][:, -1], seeds)


def add_kernels(
    config: Config,
    networks: Pair,
    kernels: dict[str, Float[np.ndarray, "S G G"]],
    prefix: str,
    rows: tables.MetricRows,
) -> None:
    """Share of the learned kernels that the features (sin x, cos x) explain."""
    features = sine.wave_features(grid(config))
    for name, found in kernels.items():
        shares = [float(explained_share(jnp.asarray(one), features, features)) for one in found]
        rows.add(f"{prefix}{SHORT[name]}_kernel_share", shares, networks.seeds)
