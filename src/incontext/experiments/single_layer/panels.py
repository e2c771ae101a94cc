"""The panels that follow from a trained layer: sizes, scales, rolling out."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from incontext.analysis.alignment import squared_error
from incontext.analysis.learners import NO_SEED, Learner
from incontext.analysis.rollout import roll_out
from incontext.baselines import gradient_descent
from incontext.experiments import comparison, expected, tables
from incontext.experiments.comparison import ScaleSweep
from incontext.experiments.single_layer.config import Config, of_size
from incontext.experiments.single_layer.model import Learners, best_learning_rate, compare
from incontext.models.transformer import layer_products
from incontext.networks.network import Networks
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.layout import concatenate
from incontext.tasks.regression import LinearRegression
from incontext.training.evaluation import Estimate


def final_loss(task: LinearRegression, config: Config, learner: Learner) -> Estimate:
    """Loss of every seed on fresh tasks, with its standard error."""
    return comparison.final_loss(
        task, learner, batch_size=config.evaluation_size, num_batches=config.final_batches
    )


def sizes(config: Config, layers: Mapping[int, Networks]) -> pd.DataFrame:
    """Loss for N = N_x, trained anew at every size.  Paper A, Figure 2, panel 3."""
    rows = []
    for size, layer in layers.items():
        task = of_size(config.task, size)
        for learner in compare(task, layer):
            loss = final_loss(task, config, learner).mean
            rows += [
                (size, learner.name, seed, value)
                for seed, value in zip(learner.seeds, loss.tolist(), strict=True)
            ]
        optimum = expected.one_step(task)
        rows.append((size, "closed form", NO_SEED, optimum.loss))
    return pd.DataFrame(rows, columns=["num_context", "model", "seed", "loss"])


def scales(config: Config, three: Learners) -> pd.DataFrame:
    """Loss on inputs and targets unlike those of training.  Paper A, Figure 6."""
    sweep = ScaleSweep(
        config.input_scales,
        config.target_scales,
        config.mixture_scales,
        num_tasks=config.evaluation_size,
    )
    return sweep.table(config.task, three)


def roll_outs(config: Config, layer: Networks) -> pd.DataFrame:
    """Loss of the layer applied many times, and of as many gradient steps.

    A curve that overflows ends at its last finite row.  Paper A, Figures 1 and 10.
    """
    prompt = config.task.sample(config.evaluation_size, key=evaluation_key(4))
    tokens, steps = concatenate(prompt), config.rollout_steps
    products = layer_products(layer.params)
    eta, output_dim = best_learning_rate(config.task), config.task.output_dim

    def losses(predictions: jax.Array) -> jax.Array:
        return jax.vmap(lambda y: jnp.mean(squared_error(lambda _: y, prompt)))(predictions)

    frames = []
    for dampening in config.dampenings:
        rolled = jax.lax.map(
            lambda p, d=dampening: losses(roll_out(p, tokens, output_dim, d, steps)), products
        )
        descent = losses(gradient_descent.trajectory(prompt, dampening * eta, steps))
        for name, seeds, values in (
            ("trained", layer.seeds, rolled),
            ("gradient descent", (NO_SEED,), descent[None]),
        ):
            labels = {"seed": seeds, "steps": np.arange(steps + 1)}
            frame = tables.long(values, labels, value="loss")
            frames.append(frame.assign(model=name, dampening=dampening))
    table = pd.concat(frames, ignore_index=True)
    finite = table[np.isfinite(table["loss"])].reset_index(drop=True)
    return finite[["dampening", "model", "seed", "steps", "loss"]]
