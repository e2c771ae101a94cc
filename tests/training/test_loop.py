"""The training loop: exact resume, independent seeds, early stop on a lost loss."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from incontext.training.checkpoints import Checkpoint, CheckpointError
from incontext.training.config import TrainingConfig
from incontext.training.loop import make_chunk, train
from incontext.training.optimizers import AdamConfig
from incontext.training.state import (
    Problem,
    TrainingDivergedError,
    TrainingState,
    seed_keys,
)
from incontext.training.workspace import Workspace

TARGET = jnp.asarray([1.0, -2.0, 3.0])


def noisy_quadratic(limit=np.inf):
    """Fit a vector through noise; the loss is lost once a weight exceeds `limit`."""

    def loss(params, batch):
        value = jnp.mean((params["w"][None] - batch) ** 2)
        return jnp.where(jnp.max(params["w"]) > limit, jnp.nan, value)

    return Problem(
        init=lambda key: {"w": 0.1 * jax.random.normal(key, (3,))},
        sample=lambda key: TARGET[None] + 0.1 * jax.random.normal(key, (5, 3)),
        loss=loss,
        evaluate=lambda params, target: {
            "distance": jnp.sum((params["w"] - target) ** 2),
            "weights": params["w"],
        },
        evaluation_batch=TARGET,
    )


def run(seeds=(0, 1, 2), workspace=None, steps=60, limit=np.inf):
    return train(
        noisy_quadratic(limit),
        TrainingConfig(steps, 5, AdamConfig(0.1, b2=0.999), evaluate_every=20),
        seeds=seeds,
        name="quadratic",
        workspace=workspace,
    )


def test_history_has_one_row_per_seed_and_evaluation_and_falls():
    trained = run()
    assert trained.steps.tolist() == [0, 20, 40, 60]
    assert trained.history["distance"].shape == (3, 4)
    assert trained.history["weights"].shape == (3, 4, 3)
    np.testing.assert_array_equal(trained.history["weights"][:, -1], trained.params["w"])
    assert np.all(trained.history["distance"][:, -1] < 0.1 * trained.history["distance"][:, 0])


def test_adding_a_seed_changes_no_other():
    alone, together = run(seeds=(2,)), run(seeds=(0, 1, 2))
    np.testing.assert_array_equal(alone.params["w"][0], together.params["w"][2])


def test_every_step_sees_new_tasks_and_every_seed_its_own():
    keys = jax.vmap(seed_keys)(jnp.arange(3, dtype=jnp.uint32))
    drawn = {tuple(np.asarray(jax.random.key_data(key))) for key in [*keys.init, *keys.data]}
    assert len(drawn) == 6


class StopsAt:
    """Progress that interrupts the run once, after a given number of steps."""

    def __init__(self, step):
        self.step = step

    def stage(self, description, total):
        import contextlib

        def report(done):
            if done == self.step:
                raise KeyboardInterrupt

        return contextlib.nullcontext(report)


@pytest.mark.parametrize("step", [10, 20, 50])
def test_a_resumed_run_ends_exactly_like_one_that_was_not_interrupted(tmp_path, step, monkeypatch):
    monkeypatch.setattr("incontext.training.loop._SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        run(workspace=Workspace(tmp_path, "this run", StopsAt(step)))
    saved = Checkpoint(tmp_path / "quadratic.safetensors", "this run").load((0, 1, 2), 60)
    assert saved is not None
    assert (saved.seeds, saved.step) == ((0, 1, 2), step)
    resumed, whole = run(workspace=Workspace(tmp_path, "this run")), run()
    np.testing.assert_array_equal(resumed.params["w"], whole.params["w"])
    for name, values in whole.history.items():
        np.testing.assert_array_equal(resumed.history[name], values)


def test_a_finished_run_is_read_back_and_not_repeated(tmp_path):
    first = run(workspace=Workspace(tmp_path, "this run"))
    again = run(workspace=Workspace(tmp_path, "this run", StopsAt(10)))
    np.testing.assert_array_equal(first.params["w"], again.params["w"])


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    run(workspace=Workspace(tmp_path, "this run"))
    with pytest.raises(CheckpointError, match="belongs to other settings"):
        run(workspace=Workspace(tmp_path, "another run"))


@pytest.mark.parametrize("damage", ["empty", "truncated", "text"])
def test_a_damaged_checkpoint_is_refused_in_one_sentence(tmp_path, damage):
    run(workspace=Workspace(tmp_path, "this run"))
    path = tmp_path / "quadratic.safetensors"
    content = {"empty": b"", "truncated": path.read_bytes()[:-7], "text": b"no tensors here"}
    path.write_bytes(content[damage])
    with pytest.raises(CheckpointError, match="without --resume"):
        run(workspace=Workspace(tmp_path, "this run"))


def test_a_lost_loss_stops_the_run_and_names_seed_and_step():
    whole = run(seeds=(7,), steps=60)
    limit = float(whole.history["weights"][0, 1].max())
    with pytest.raises(TrainingDivergedError, match=r"seed 7 .* at step \d+") as caught:
        run(seeds=(7,), steps=60, limit=limit)
    assert caught.value.seed == 7
    assert 10 < caught.value.step <= 40


def test_the_second_chunk_does_not_compile_again():
    problem, optimizer = noisy_quadratic(), optax.adam(0.1)
    keys = jax.vmap(seed_keys)(jnp.arange(2, dtype=jnp.uint32))
    params = jax.vmap(problem.init)(keys.init)
    state = TrainingState(params, jax.vmap(optimizer.init)(params))
    chunk = make_chunk(problem, optimizer, 10)
    for first in (0, 10, 20):
        state, losses = chunk(state, keys.data, np.asarray(first))
    assert losses.shape == (2, 10)
    assert chunk._cache_size() == 1


@pytest.mark.parametrize(
    ("seeds", "word"), [((), "seeds is"), ((1, 1), "distinct"), ((-1,), "distinct whole numbers")]
)
def test_impossible_seeds_are_refused(seeds, word):
    with pytest.raises(ValueError, match=word):
        run(seeds=seeds)
