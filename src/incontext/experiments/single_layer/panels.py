"""The panels that follow from a trained layer: sizes, scales, rolling out."""

import functools
from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, PyTree

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
from incontext.tasks.types import Prompt
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


def scales(config: Config, three: Learners, clipped: Learner) -> pd.DataFrame:
    """Loss on inputs and targets unlike those of training.  Paper A, Figure 6."""
    sweep = ScaleSweep(
        config.input_scales,
        config.target_scales,
        config.mixture_scales,
        num_tasks=config.evaluation_size,
    )
    return sweep.table(config.task, [*three, clipped])


def roll_outs(config: Config, layer: Networks) -> pd.DataFrame:
    """Loss of the layer applied many times, and of as many gradient steps.

    The mean over evaluation_size tasks, of which single ones weigh much: the median over several
    draws of them.  A curve that overflows ends at its last finite row.

    Source: paper A, Figures 1 and 10.
    """
    prompts = [
        config.task.sample(config.evaluation_size, key=jax.random.fold_in(evaluation_key(4), draw))
        for draw in range(config.rollout_draws)
    ]
    frames = []
    for dampening in config.dampenings:
        once = jax.jit(functools.partial(_roll_out_once, config, dampening))
        drawn = [once(layer.params, prompt) for prompt in prompts]
        for name, seeds, several in zip(
            ("trained", "gradient descent"),
            (layer.seeds, (NO_SEED,)),
            zip(*drawn, strict=True),
            strict=True,
        ):
            values = np.asarray(several)
            values = np.median(np.where(np.isfinite(values), values, np.inf), axis=0)
            labels = {"seed": seeds, "steps": np.arange(config.rollout_steps + 1)}
            frame = tables.long(values, labels, value="loss")
            frames.append(frame.assign(model=name, dampening=dampening))
    table = pd.concat(frames, ignore_index=True)
    finite = table[np.isfinite(table["loss"])].reset_index(drop=True)
    return finite[["dampening", "model", "seed", "steps", "loss"]]


def _roll_out_once(
    config: Config, dampening: float, params: PyTree, prompt: Prompt
) -> tuple[Float[Array, "S K"], Float[Array, "1 K"]]:
    """Losses of the layer and of gradient descent on the same tasks, after 0, 1, ... steps."""
    tokens, steps, outputs = concatenate(prompt), config.rollout_steps, config.task.output_dim

    def losses(predictions: Array) -> Array:
        return jax.vmap(lambda y: jnp.mean(squared_error(lambda _: y, prompt)))(predictions)

    rolled = jax.lax.map(
        lambda p: losses(roll_out(p, tokens, outputs, dampening, steps)), layer_products(params)
    )
    eta = dampening * best_learning_rate(config.task)
    return rolled, losses(gradient_descent.trajectory(prompt, eta, steps))[None]
