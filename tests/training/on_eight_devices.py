"""Train on one and on eight simulated devices; print how far apart the results are, as JSON."""

import json

import jax
import jax.numpy as jnp
import numpy as np

from incontext.training import blocks, devices, loop
from incontext.training.config import Kept, Schedule
from incontext.training.optimizers import AdamConfig
from incontext.training.state import Problem

BATCH, WIDTH = 64, 6
KEPT = Kept((50,), ("inner",))


def problem():
    """A small network that learns a sine from fresh inputs."""

    def predict(params, inputs):
        return jnp.tanh(inputs @ params["inner"]) @ params["outer"]

    def loss(params, inputs):
        return jnp.mean((predict(params, inputs) - jnp.sin(3 * inputs[:, 0])) ** 2)

    def init(key):
        inner, outer = jax.random.split(key)
        return {
            "inner": jax.random.normal(inner, (WIDTH, 16)),
            "outer": 0.1 * jax.random.normal(outer, (16,)),
        }

    return Problem(
        init=init,
        sample=lambda key: jax.random.normal(key, (BATCH, WIDTH)),
        loss=loss,
        evaluation_batch=jax.random.normal(jax.random.key(9), (256, WIDTH)),
    )


def train(num_seeds, mesh, **options):
    original = devices.arrange
    devices.arrange = lambda *_: mesh
    try:
        training = Schedule(100, BATCH, AdamConfig(1e-2), evaluate_every=50)
        return loop.fit(problem(), training, seeds=range(num_seeds), kept=KEPT, **options)
    finally:
        devices.arrange = original


def resumed(num_seeds, mesh):
    """Whether a training that was saved half-way and taken up again ends with the same bits."""
    states = {}

    def keep(run):
        states.setdefault(run.step, run.save())

    whole = train(num_seeds, mesh, watch=keep)
    again = train(num_seeds, mesh, saved=states[50])
    return largest(whole, again) == 0


def largest(one, other):
    pairs = zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
    return max(float(np.abs(np.asarray(a) - np.asarray(b)).max()) for a, b in pairs)


def compare(num_seeds):
    everywhere = devices.arrange(num_seeds, BATCH, jax.devices())
    alone = train(num_seeds, devices.arrange(num_seeds, BATCH, jax.devices()[:1]))
    spread = train(num_seeds, everywhere)
    return {
        "seeds": num_seeds,
        "by_seed": everywhere.shape[devices.SEED],
        "by_batch": everywhere.shape[devices.BATCH],
        "devices_used": everywhere.size,
        "largest_weight": largest(alone.params, jax.tree.map(jnp.zeros_like, alone.params)),
        "parameters": largest(alone.params, spread.params),
        "losses": largest(alone.losses, spread.losses),
        "kept": largest(alone.kept, spread.kept),
        "resumed": resumed(num_seeds, everywhere),
    }


if __name__ == "__main__":
    jax.config.update("jax_default_matmul_precision", "highest")
    blocks.CACHED_BYTES = BATCH * 16 * 4 / 2  # the hidden layer of half a batch
    print(json.dumps([compare(count) for count in (1, 3, 4, 8)]))
