"""The recall experiment at preset smoke, on networks that were not trained, and what it draws."""

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.errors import Refusal
from incontext.experiments.recall import config, panels
from incontext.experiments.recall.config import PRESETS, TITLES, Config
from incontext.figures.recall import LOOKS, SHORT
from incontext.models.memory_layers import KINDS
from incontext.networks.network import Networks
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.fixed import fixed_batch
from incontext.tasks.recall import KeyValues
from incontext.training.state import seed_keys

SMOKE, SEEDS = PRESETS["smoke"], (0, 3)
EXPERIMENT = experiments.get("recall")


def untrained(training):
    """Networks as they start, with an entry of a loss curve that is made up."""
    starts = [training.function().init(seed_keys(seed).init) for seed in SEEDS]
    params = jax.tree.map(lambda *leaves: jnp.stack(leaves), *starts)
    return Networks(training, SEEDS, params, np.array([0]), np.ones((2, 1)), {})


@pytest.fixture(scope="module")
def networks():
    return {one.name: untrained(one) for one in (*SMOKE.networks, *SMOKE.fuzzy)}


@pytest.fixture(scope="module")
def result(networks):
    return EXPERIMENT.report(SMOKE, networks)


def test_every_claimed_number_is_measured_and_every_table_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    names = {
        f"{config.task_of(one)}_{one.network.kind.replace(' ', '_')}_{what}"
        for one in PRESETS["laptop"].networks
        for what in ("recall", "cosine")
    }
    claims = [one for one in read_ledger() if one.experiment == "recall"]
    assert claims
    over = {one.over for one in claims if one.over}
    assert {one.metric for one in claims} | over <= names
    assert {name for name in result.params if name.startswith("penalty")} == {
        "penalty/recall-rebound-gated-mesa"
    }
    np.testing.assert_allclose(result.params["penalty/recall-rebound-gated-mesa"], 1.0, atol=5e-3)
    np.testing.assert_allclose(result.params["ridge_scale/recall-alike-mesa"], 1.0)


@pytest.mark.parametrize("rebound", [False, True])
def test_a_shorter_sequence_asks_of_fewer_pairs_and_their_last_values(rebound):
    task = KeyValues(8, 3, 5, rebound=rebound)
    drawn = task.sample(6, key=jax.random.key(0))
    made = panels.Test(task, np.asarray(drawn.tokens), np.asarray(drawn.labels))
    short = np.asarray(made.shortened(4).tokens)
    writes = short[..., -1] == 0
    assert (writes.sum(1) == 4).all()
    for b in range(6):
        written, asked = short[b][writes[b]], short[b, 8 : 8 + (2 if rebound else 4)]
        for number, query in enumerate(asked):
            same = written[(written[:, :3] == query[:3]).all(1)]
            assert len(same) == 1 + rebound
            assert np.argmax(same[-1, 3:-1]) == made.labels[b, number]
    answers = np.eye(5)[made.labels]
    answers[0, 0] = -answers[0, 0]
    asked = 2 if rebound else 4
    assert made.right(answers, 4) == pytest.approx(1 - 1 / (6 * asked))


def test_positions_that_neither_write_nor_count_change_no_answer(networks):
    """Also of a layer with gates: it forgets only what was not yet written."""
    training = SMOKE.networks[-1]
    assert training.network.kind == "gated mesa"
    made = panels.test(SMOKE, training.task)
    params = jax.tree.map(lambda leaf: leaf[0], networks[training.name].params)
    predict = training.function().predict
    padded = np.asarray(predict(params, made.shortened(2)))[:, :1]
    tokens = made.shortened(2).tokens[:, 2:5]  # two pairs and the query
    plain = predict(params, panels.Associations(tokens, made.labels[:, :1]))
    np.testing.assert_allclose(padded, plain, rtol=1e-4, atol=1e-5)


def test_keys_as_given_recall_what_the_formulas_say(result):
    """Softmax attention recalls all keys that are bound once; tables agree with claims."""
    table = result.tables["recall"]
    once = table[(table["keys"] == panels.GIVEN) & (table["task"] == TITLES["common"])]
    assert (once.loc[once["kind"] == "softmax", "recall"] > 0.5).all()
    metrics = result.tables["metrics"].set_index(["metric", "seed"])["value"]
    mine = table[(table["keys"] == panels.TRAINED) & (table["task"] == TITLES["alike"])]
    one = mine[(mine["kind"] == "mesa") & (mine["pairs"] == 4) & (mine["seed"] == 3)]
    assert metrics["alike_mesa_recall", 3] == one["recall"].item()


def test_the_likeness_of_keys_is_a_cosine(result, networks):
    row = result.tables["likeness"].query("kind == 'linear' and seed == 3").iloc[1]
    assert row["task"] == TITLES["common"]
    training = next(one for one in SMOKE.networks if one.name == "recall-common-linear")
    query, key = (
        np.asarray(networks[training.name].params[f"layer_0/~stream/{name}"]["w"])[1]
        for name in ("query", "key")
    )
    tokens = panels.test(SMOKE, training.task).tokens
    keys, written, asked = tokens[:, :4, :3], tokens[:, :4] @ key, tokens[:, 4:8] @ query

    def mean(one, two):
        one, two = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (one, two))
        places = [(i, j) for i in range(4) for j in range(4) if i != j]
        return np.mean([u[i] @ v[j] for u, v in zip(one, two, strict=True) for i, j in places])

    assert row["given"] == pytest.approx(mean(keys, keys), abs=1e-5)
    assert row["projected"] == pytest.approx(mean(keys @ key[:3], keys @ key[:3]), abs=1e-5)
    assert row["score"] == pytest.approx(mean(asked, written), abs=1e-5)


def test_fuzzy_recall_counts_values_that_are_asked_again(result, networks):
    (training,) = SMOKE.fuzzy
    texts = fixed_batch(training.task.held_out, 12, panels._TEST)
    params = jax.tree.map(lambda leaf: leaf[1], networks[training.name].params)
    logits = training.function().predict(params, texts)
    hits = [
        logits[b, t].argmax() == texts.tokens[b, t + 1]
        for b, t in np.argwhere(np.asarray(texts.recalled))
    ]
    metrics = result.tables["metrics"].set_index(["metric", "seed"])["value"]
    assert metrics["fuzzy_delta_recall", 3] == pytest.approx(np.mean(hits))


def test_a_curve_is_what_its_table_says(result):
    assert LOOKS.keys() == KINDS.keys()
    assert SHORT.keys() == set(TITLES.values())
    with figures.styled():
        drawn = figures.get("Bx-recall-trained").draw(result)
    table = result.tables["recall"]
    tasks = list(dict.fromkeys(table["task"]))
    grid = np.array(drawn.axes).reshape(2, len(tasks))
    for (row, column), axes in np.ndenumerate(grid):
        part = table[table["task"] == tasks[column]]
        part = part[part["keys"] == (panels.TRAINED, panels.GIVEN)[row]]
        drawn_lines = [tuple(line.get_ydata()) for line in axes.lines]
        expected = [tuple(one["recall"]) for _, one in part.groupby(["kind", "seed"])]
        assert sorted(drawn_lines) == sorted(expected)
    plt.close(drawn)


def test_the_likeness_drawn_is_that_of_the_table(result):
    with figures.styled():
        (axes,) = figures.get("Bx-keys").draw(result).axes
    table = result.tables["likeness"]
    for marker, column in (("|", "given"), ("o", "projected"), ("s", "score")):
        points = [line.get_xdata() for line in axes.lines if line.get_marker() == marker]
        np.testing.assert_array_equal(np.concatenate(points), table[column])
    assert len(axes.get_yticks()) == len(SMOKE.networks)
    plt.close()


def test_all_kinds_are_trained_on_all_tasks_where_there_is_time():
    names = {(config.task_of(one), one.network.kind) for one in PRESETS["reduced"].networks}
    assert names == {(task, kind) for task in TITLES for kind in KINDS}
    laptop = {(config.task_of(one), one.network.kind) for one in PRESETS["laptop"].networks}
    assert laptop < names


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"networks": ()}, "networks is empty"),
        ({"loads": (3,)}, "loads is"),
        ({"test_size": 1}, "test_size is 1"),
    ],
)
def test_what_has_no_meaning_is_refused(changes, said):
    with pytest.raises(Refusal, match=said):
        Config(**{"networks": SMOKE.networks} | changes)
