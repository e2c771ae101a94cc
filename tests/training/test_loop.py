"""The training loop: exact resume, independent seeds, weights on the way, stop on a lost loss."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from incontext.training.config import Kept, Schedule
from incontext.training.loop import fit, make_chunk, part, take_seed
from incontext.training.optimizers import AdamConfig
from incontext.training.state import (
    Problem,
    TrainingDivergedError,
    TrainingState,
    seed_keys,
)

TARGET = jnp.asarray([1.0, -2.0, 3.0])
KEPT = Kept((20, 40), ("w",))


def noisy_quadratic(limit=np.inf):
    """Fit a vector through noise; the loss is lost once a weight exceeds `limit`."""

    def loss(params, batch):
        value = jnp.mean((params["w"]["all"][None] - batch) ** 2)
        return jnp.where(jnp.max(params["w"]["all"]) > limit, jnp.nan, value)

    return Problem(
        init=lambda key: {"w": {"all": 0.1 * jax.random.normal(key, (3,))}, "idle": jnp.ones(2)},
        sample=lambda key: TARGET[None] + 0.1 * jax.random.normal(key, (5, 3)),
        loss=loss,
        evaluation_batch=TARGET[None],
    )


def run(seeds=(0, 1, 2), steps=60, limit=np.inf, kept=KEPT, **options):
    schedule = Schedule(steps, 5, AdamConfig(0.1, b2=0.999), evaluate_every=20)
    return fit(noisy_quadratic(limit), schedule, seeds=seeds, kept=kept, **options)


def assert_same_bits(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_losses_have_one_row_per_seed_and_evaluation_and_fall():
    trained = run()
    assert trained.steps.tolist() == [0, 20, 40, 60]
    assert trained.losses.shape == (3, 4)
    assert np.all(trained.losses[:, -1] < 0.1 * trained.losses[:, 0])
    first = [noisy_quadratic().init(seed_keys(seed).init)["w"]["all"] for seed in range(3)]
    for column, weights in ((0, np.stack(first)), (-1, np.asarray(trained.params["w"]["all"]))):
        expected = np.mean((weights - np.asarray(TARGET)) ** 2, axis=1)
        np.testing.assert_allclose(trained.losses[:, column], expected, rtol=1e-6)


def test_adding_a_seed_changes_no_other():
    alone, together = run(seeds=(2,)), run(seeds=(0, 1, 2))
    assert_same_bits(take_seed(alone.params, 0), take_seed(together.params, 2))


def test_every_step_sees_new_tasks_and_every_seed_its_own():
    keys = jax.vmap(seed_keys)(jnp.arange(3, dtype=jnp.uint32))
    drawn = {tuple(np.asarray(jax.random.key_data(key))) for key in [*keys.init, *keys.data]}
    assert len(drawn) == 6

    seen = []
    problem = noisy_quadratic()

    def sample(key):
        batch = problem.sample(key)
        jax.debug.callback(lambda one: seen.append(float(one)), batch[0, 0])
        return batch

    spied = problem._replace(sample=sample)
    fit(spied, Schedule(30, 5, AdamConfig(0.1), evaluate_every=10), seeds=(0, 1))
    jax.effects_barrier()
    assert len(seen) == len(set(seen)) == 2 * 30


def stop_at(step, states):
    """A watcher that saves the run and ends it after so many steps."""

    def watch(run):
        if run.step == step:
            states.extend(run.save())
            raise KeyboardInterrupt

    return watch


@pytest.mark.parametrize("step", [20, 40])
@pytest.mark.parametrize("seeds", [(3,), (0, 1, 2)], ids=["alone", "side by side"])
def test_a_resumed_run_ends_exactly_like_one_that_was_not_interrupted(step, seeds):
    states = []
    with pytest.raises(KeyboardInterrupt):
        run(seeds, watch=stop_at(step, states))
    assert [int(one["step"]) for one in states] == [step] * len(seeds)
    assert_same_bits(run(seeds, saved=states), run(seeds))


def test_weights_on_the_way_are_those_of_a_training_that_ends_there():
    whole = run()
    assert sorted(whole.kept) == [20, 40]
    for step, found in whole.kept.items():
        expected = part(run(steps=step, kept=Kept()).params, KEPT.parts)
        assert_same_bits(found, jax.tree.map(lambda leaf: np.asarray(leaf, np.float16), expected))
    everything = run(kept=Kept((40,))).kept[40]
    assert set(everything) == {"w", "idle"}


@pytest.mark.parametrize("steps", [(30,), (60,), (20, 70)])
def test_weights_can_be_kept_where_the_loss_is_taken_and_not_at_the_end(steps):
    with pytest.raises(ValueError, match="multiples of evaluate_every = 20 below num_steps = 60"):
        run(kept=Kept(steps))


def test_a_lost_loss_stops_the_run_and_names_seed_and_step():
    whole = run(seeds=(7,), kept=Kept((20, 40)))
    limit = float(whole.kept[20]["w"]["all"].max())
    with pytest.raises(TrainingDivergedError, match=r"seed 7 .* at step \d+") as caught:
        run(seeds=(7,), limit=limit)
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
