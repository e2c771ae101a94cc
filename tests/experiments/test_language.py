"""The language experiment at preset smoke, and what its measures are."""

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.experiments.language import config, model
from incontext.experiments.language.config import PRESETS
from incontext.figures import language as drawn
from incontext.networks.recorder import train_in_memory
from incontext.networks.store import LARGEST
from incontext.records.claims import read_ledger
from incontext.records.tables import describe

SMOKE = PRESETS["smoke"]
EXPERIMENT = experiments.get("language")


@pytest.fixture(scope="module")
def networks():
    trained = train_in_memory(EXPERIMENT.wanted(SMOKE, (0, 3)))
    return {role: trained[one.training] for role, one in EXPERIMENT.trainings(SMOKE).items()}


@pytest.fixture(scope="module")
def result(networks):
    return EXPERIMENT.report(SMOKE, networks)


def metric(result, name):
    table = result.tables["metrics"]
    return table.loc[table["metric"] == name].set_index("seed")["value"]


def test_every_claimed_number_is_measured_somewhere(result):
    names = {config.slug(one) for preset in PRESETS.values() for one in preset.networks}
    measured = set(result.tables["metrics"]["metric"])
    claimed = {one.metric for one in read_ledger() if one.experiment == "language"}
    assert claimed
    known = {name for name in claimed - measured if any(name.startswith(one) for one in names)}
    assert claimed <= measured | known


def test_every_table_and_weight_can_be_recorded(result):
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert all(np.isfinite(array).all() for array in result.params.values())
    assert result.params["ridge_scale/shift_mesa_3/layer_0"].shape == (2, 2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_figures_are_drawn(result, theme):
    entries = [entry for entry in figures.ENTRIES if entry.experiment == "language"]
    with figures.styled(theme):
        for entry in entries:
            figure = entry.draw(result)
            figure.canvas.draw()
            plt.close(figure)
    assert len(entries) == 4


def test_perplexity_is_that_of_the_networks_on_held_out_passages(result, networks):
    passages = SMOKE.task.held_out.in_a_row(SMOKE.test_passages)
    one = networks["language-shift-mesa-3"]
    logits = one.predict(
        jax.tree.map(lambda leaf: leaf[1], one.params), model.Passage(jax.numpy.asarray(passages))
    )
    shares = np.exp(np.asarray(logits, np.float64))
    shares /= shares.sum(axis=-1, keepdims=True)
    chosen = np.take_along_axis(shares, passages[:, 1:, None], axis=-1)
    expected = np.exp(-np.log(chosen).mean())
    assert metric(result, "shift_mesa_3_perplexity")[3] == pytest.approx(expected, rel=1e-4)
    assert metric(result, "shift_mesa_3_perplexity")[0] != pytest.approx(expected, rel=1e-4)
    ratio = metric(result, "shift_linear_3_over_mesa_3")[3]
    linear = metric(result, "shift_linear_3_perplexity")[3]
    assert ratio == pytest.approx(linear / expected, rel=1e-4)


def test_training_lowers_the_held_out_loss(networks):
    for one in networks.values():
        assert (one.losses[:, -1] < one.losses[:, 0]).all()
        assert one.losses[:, 0] == pytest.approx(np.log(2048), abs=0.1)


def test_tables_agree_with_each_other(result):
    table = result.tables["seen"]
    total = table["surprise"] * table["tokens"]
    means = (
        total.groupby([table["family"], table["model"], table["seed"]]).sum()
        / table.groupby(["family", "model", "seed"])["tokens"].sum()
    )
    whole = result.tables["perplexities"].set_index(["family", "model", "seed"])["perplexity"]
    np.testing.assert_allclose(np.exp(means.loc[whole.index]), whole, rtol=1e-4)
    by_position = result.tables["positions"].groupby(["family", "model", "seed"])["surprise"].mean()
    np.testing.assert_allclose(np.exp(by_position.loc[whole.index]), whole, rtol=1e-4)


def test_names_are_split_from_other_words_and_nothing_is_lost(result):
    table = result.tables["names"].assign(total=lambda t: t["surprise"] * t["tokens"])
    keys = ["family", "model", "seed", "seen"]
    parts = table.groupby(keys)[["total", "tokens"]].sum()
    whole = result.tables["seen"].set_index(keys)
    np.testing.assert_array_equal(parts["tokens"], whole.loc[parts.index, "tokens"])
    np.testing.assert_allclose(
        parts["total"] / parts["tokens"], whole.loc[parts.index, "surprise"], rtol=1e-4
    )


def test_a_capital_counts_where_no_sentence_begins():
    texts = model.written(np.arange(2048))
    place = {text: number for number, text in enumerate(texts)}
    words = ("the", ".", " The", " United", " of", " Mexico", ".", " We", " we")
    words = [one for one in words if one in place]
    assert {" The", " United", " of", " We"} <= set(words)
    found = model.capitalised(np.array([[place[one] for one in words]]))[0]
    expected = [one in (" United", " Mexico") for one in words[1:]]
    np.testing.assert_array_equal(found, expected)


def test_what_was_seen_before_is_told_apart():
    found = model.seen_before(np.array([[1, 2, 3, 1, 2, 1, 1, 1, 4], [5, 5, 5, 5, 6, 5, 6, 6, 6]]))
    np.testing.assert_array_equal(found, [[0, 0, 1, 2, 1, 1, 2, 0], [1, 2, 2, 0, 1, 2, 1, 2]])


def test_the_score_is_late_minus_early():
    losses = np.zeros((2, 3, 64))
    losses[..., 32:] = 1.0
    losses[1, :, 2:8] = 3.0
    np.testing.assert_allclose(model.in_context_score(losses), [1.0, -2.0])


def test_the_passage_shows_what_the_table_says(result):
    found = drawn.differences(result)
    table = result.tables["passage"].query("family == 'one layer, keys shifted'")
    parts = {m: one.set_index("position")["surprise"] for m, one in table.groupby("model")}
    expected = parts["linear, ν = 3"] - parts["mesa, ν = 3"]
    np.testing.assert_allclose(found.set_index("position")["difference"], expected)
    rows, columns = drawn._typeset(found["text"])
    assert len(set(zip(rows, columns, strict=True))) == len(found)


def test_the_families_are_the_published_ones_and_fit_two_megabytes():
    reduced = PRESETS["reduced"]
    found = {}
    for one in reduced.networks:
        found.setdefault(config.family(one), set()).add(config.title(one))
        kinds = config.network(one).kinds
        assert kinds[0] == "softmax" or len(kinds) == 1
        params = jax.eval_shape(one.function().init, jax.random.key(0))
        assert 4 * sum(leaf.size for leaf in jax.tree.leaves(params)) < LARGEST
    assert found == {name: set(models) for name, models in drawn.PUBLISHED.items()}
