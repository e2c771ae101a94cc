"""Questions to memories: what is drawn, how answers are judged, that figures show the tables."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.baselines.memories import Pairs
from incontext.errors import Refusal
from incontext.experiments.memories import model, panels
from incontext.experiments.memories.config import Config
from incontext.experiments.memories.model import MEMORIES, Question
from incontext.figures.memories import LOOKS

EXPERIMENT = experiments.get("memories")
SMOKE = EXPERIMENT.presets["smoke"]


@pytest.fixture(scope="module")
def result():
    return EXPERIMENT.run(SMOKE, seeds=range(1))


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_keys_have_length_one_and_are_as_alike_as_asked(correlation):
    keys = model.draw_keys((700, 11, 29), correlation, key=jax.random.key(0))
    np.testing.assert_allclose(jnp.linalg.norm(keys, axis=-1), 1, rtol=1e-5)
    products = np.einsum("bnd,bmd->bnm", keys, keys)[:, *np.triu_indices(11, 1)]
    # Dividing by the length moves the mean a little, like 1 / D.
    assert np.mean(products) == pytest.approx(correlation, abs=0.02)


def test_the_values_of_new_queries_follow_the_rule_of_the_pairs():
    question = model.new_query((3, 13, 5), 11, 0.5, key=jax.random.key(1))
    keys, values = (np.asarray(a)[:, :11] for a in question.pairs[:2])
    assert not np.asarray(question.pairs.known)[11:].any()
    assert np.all(np.asarray(question.pairs.keys)[:, 11:] == 0)
    for b in range(3):
        rule = np.linalg.lstsq(keys[b], values[b], rcond=None)[0]
        expected = np.asarray(question.queries[b]) @ rule
        np.testing.assert_allclose(question.truths[b], expected, rtol=1e-3, atol=1e-4)
        apart = np.linalg.norm(keys[b][:, None] - np.asarray(question.queries[b]), axis=-1)
        assert np.min(apart) > 0.01


def test_keys_bound_anew_come_twice_and_the_second_value_is_right():
    question = model.rebound((3, 13, 5), 4, key=jax.random.key(2))
    keys = np.asarray(question.pairs.keys)
    np.testing.assert_array_equal(keys[:, :4], keys[:, 4:8])
    np.testing.assert_array_equal(question.queries[:, :4], keys[:, :4])
    assert question.pairs.known.sum() == 8
    np.testing.assert_array_equal(question.target[: question.asked], [4, 5, 6, 7])


def test_an_answer_is_looked_up_among_the_values_written():
    values = np.eye(4)[None]
    known = np.array([True, True, True, False])
    pairs = Pairs(jnp.zeros((1, 4, 4)), jnp.asarray(values), jnp.asarray(known))
    question = Question(pairs, pairs.keys, jnp.asarray(values), np.arange(4), 3)
    answers = np.array([[[[5, 1, 0, 9], [2, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]]], float)
    # First right (the fourth value is not written), second wrong, third right, last not asked.
    np.testing.assert_allclose(model.looked_up(answers, question), [[2 / 3]])


def test_the_error_is_that_of_the_best_factor():
    rng = np.random.default_rng(0)
    found, truths = rng.standard_normal((2, 3, 5, 7)), rng.standard_normal((3, 5, 7))
    found[1] += truths
    factors = np.linspace(-2, 2, 4001)
    for m in range(2):
        tried = [np.sum((c * found[m] - truths) ** 2) / np.sum(truths**2) for c in factors]
        assert model.scaled_error(found, truths)[m] == pytest.approx(min(tried), rel=1e-5)


def test_linear_attention_errs_as_the_closed_form_says():
    # Moments of n independent unit vectors in D dimensions give (D - 1) / (D + n - 1).
    question = model.new_query((4000, 7, 5), 7, 0.0, key=jax.random.key(3))
    found = model.answers("linear attention", question)
    error = model.scaled_error(found, np.asarray(question.truths))
    np.testing.assert_allclose(error, 4 / 11, rtol=0.02)  # four standard errors


def test_the_regression_recalls_as_many_pairs_as_dimensions_and_solves_more(result):
    metrics = result.tables["metrics"].set_index("metric")["value"]
    assert metrics["mesa_recall_full_independent"] == 1
    assert (
        metrics["mesa_new_error_independent"]
        < 1e-4
        < metrics["softmax_attention_new_error_independent"]
    )
    assert (
        metrics["mesa_recall_twice_independent"]
        < metrics["softmax_attention_recall_twice_independent"]
    )
    assert metrics["mesa_forgetting_rebound_recall"] > metrics["mesa_rebound_recall"] + 0.3
    assert np.isfinite(metrics).all()


def test_settings_are_chosen_on_other_draws_and_ties_go_to_the_largest(monkeypatch):
    question = model.rebound((2, 3, 5), 1, key=jax.random.key(4))  # any
    # Two settings: the first is right on tuning draws only, the second elsewhere only.
    tuning = np.arange(SMOKE.tuning_draws + SMOKE.num_draws) < SMOKE.tuning_draws
    shares = np.stack([tuning, ~tuning]).astype(float)
    monkeypatch.setattr(model, "answers", lambda name, question: None)
    monkeypatch.setattr(model, "looked_up", lambda found, question: shares)
    monkeypatch.setattr(panels, "MEMORIES", {"one": model.Memory(len, ((3.0, 1.0), (4.0, 1.0)))})
    (row,) = panels._shares(SMOKE, question, {})
    assert (row["setting"], row["recall"]) == (3.0, 0.0)
    shares[:] = 1
    assert panels._shares(SMOKE, question, {})[0]["setting"] == 4.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"correlations": (1.0,)}, "correlations is .* must be in"),
        ({"loads": (16, 24)}, "loads is .* must hold"),
        ({"num_draws": 1}, "num_draws is 1; a standard error"),
        ({"rebound": 0}, "rebound is 0"),
        ({"noises": ()}, "noises is"),
    ],
)
def test_what_has_no_meaning_is_refused(changes, said):
    with pytest.raises(Refusal, match=said):
        Config(**changes)


@pytest.mark.parametrize(
    ("figure", "table", "x", "y"),
    [("Bx-recall", "recall", "pairs", "recall"), ("Bx-new", "new", "pairs", "error")],
)
def test_every_curve_is_what_its_table_says(result, figure, table, x, y):
    with figures.styled():
        drawn = figures.get(figure).draw(result)
    rows = result.tables[table]
    for axes, correlation in zip(drawn.axes, SMOKE.correlations, strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        assert lines.keys() - {"guessing"} == MEMORIES.keys() == LOOKS.keys()
        for name in MEMORIES:
            one = rows[(rows["model"] == name) & (rows["correlation"] == correlation)]
            np.testing.assert_array_equal(lines[name].get_xdata(), one[x])
            np.testing.assert_array_equal(lines[name].get_ydata(), np.maximum(one[y], 1e-4))


def test_shares_of_new_values_and_of_noisy_queries_are_drawn(result):
    with figures.styled():
        left, right = figures.get("Bx-rebound").draw(result).axes
    names = [text.get_text() for text in left.get_yticklabels()]
    table = result.tables["rebound"].set_index("model")["recall"]
    dots = {
        line.get_ydata()[0]: line.get_xdata()[0]
        for line in left.lines
        if len(line.get_xdata()) == 1
    }
    assert {names[row]: share for row, share in dots.items()} == table.to_dict()
    assert {line.get_label() for line in right.lines} == MEMORIES.keys()
    with figures.styled():
        assert len(figures.get("Bx-chunks").draw(result).axes) == 2
