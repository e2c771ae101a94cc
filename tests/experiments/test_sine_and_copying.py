"""Smoke runs of both experiments: metrics of every claim, recordable tables, figures, refusals."""

import dataclasses

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

from incontext import experiments, figures
from incontext.errors import Refusal
from incontext.experiments import copying, sine
from incontext.models import transformer
from incontext.models.embedding import EmbeddingConfig
from incontext.models.transformer import TransformerConfig
from incontext.networks import Apart, DeepFeatures, Together
from incontext.networks.recorder import train_in_memory
from incontext.records.claims import read_ledger
from incontext.records.tables import describe
from incontext.tasks.sine import SineRegression
from incontext.training.config import Kept

# Claimed only where a seed leaves the plateau, which a smoke run is too short for.
AFTER_THE_PLATEAU = {"rise_minus_drop_steps", "plateau_end_step"}


@pytest.fixture(scope="module", params=["sine", "copying"])
def ran(request):
    experiment = experiments.get(request.param)
    return experiment, experiment.run(experiment.presets["smoke"], seeds=(0, 3))


def test_every_claimed_number_is_measured(ran):
    experiment, result = ran
    measured = set(result.tables["metrics"]["metric"])
    claimed = {claim.metric for claim in read_ledger() if claim.experiment == experiment.name}
    assert claimed
    assert claimed - AFTER_THE_PLATEAU <= measured


def test_every_table_and_weight_can_be_recorded(ran):
    _, result = ran
    for name, table in result.tables.items():
        assert describe(table, name, result.columns)["rows"] == len(table) > 0
    assert all(np.isfinite(array).all() and len(array) == 2 for array in result.params.values())


def test_its_figures_are_drawn_light_and_dark(ran):
    experiment, result = ran
    entries = [
        entry
        for entry in figures.ENTRIES
        if entry.experiment == experiment.name and not entry.sweep
    ]
    for theme in ("light", "dark"):
        with figures.styled(theme):
            for entry in entries:
                figure = entry.draw(result)
                figure.canvas.draw()
                plt.close(figure)
    assert {entry.id.split("-")[0] for entry in entries} == set(experiment.figures)


def test_written_down_layers_are_gradient_steps_in_float64(ran):
    _, result = ran
    table = result.tables["metrics"].set_index("metric")["value"]
    assert table["construction_error_float64"] < 1e-12


def _family(**changes):
    family = sine.PRESETS["smoke"].families[0]
    return dataclasses.replace(family, **changes)


def _circuit(**changes):
    return dataclasses.replace(copying.PRESETS["smoke"].circuit, **changes)


@pytest.mark.parametrize(
    ("build", "word"),
    [
        (lambda: DeepFeatures(EmbeddingConfig(), step_size=0.0), "step_size is 0.0"),
        (lambda: sine.Config(families=()), "families is empty"),
        (lambda: _family(control=_family().transformer), "only the control takes a fixed step"),
        (
            lambda: _family(
                control=dataclasses.replace(
                    _family().control, task=SineRegression(coupling="independent")
                )
            ),
            "has another task, embedding, length or batch",
        ),
        (lambda: Apart(0), "position_dim is 0"),
        (lambda: copying.Config(_circuit(), linear_seeds=0), "linear_seeds is 0"),
        (lambda: copying.Config(_circuit(), sensitivity_tasks=0), "sensitivity_tasks is 0"),
        (lambda: copying.Config(_circuit(layout=Together())), "on separate tokens"),
        (
            lambda: copying.Config(_circuit(network=TransformerConfig(("linear", "linear")))),
            "a softmax and a linear layer",
        ),
        (lambda: copying.Config(_circuit(kept=Kept())), "all weights at 0 steps; .* every 50"),
        (lambda: copying.Config(_circuit(kept=Kept((50,), ("layer_1",)))), "need layer_0"),
    ],
)
def test_bad_settings_are_refused(build, word):
    with pytest.raises(Refusal, match=word) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_the_control_differs_from_its_transformer_in_the_layer_and_the_optimiser_alone():
    for preset in ("smoke", "laptop", "paper"):
        families = sine.PRESETS[preset].families
        assert [one.task.coupling for one in families] == ["published", "independent"]
        for one in families:
            free, fixed = one.networks
            assert (free.step_size, fixed.step_size) == (None, 0.01)
            pair = (one.transformer, one.control)
            both = [network.function().init(jax.random.key(3)) for network in pair]
            assert set(both[0]) - set(both[1]) == {"layer_0"}
            for module, arrays in both[1].items():
                for name, array in arrays.items():
                    np.testing.assert_array_equal(array, both[0][module][name])


def test_sensitivities_follow_the_whole_curve_and_read_the_first_layer_alone(ran):
    experiment, result = ran
    if experiment.name != "copying":
        return
    curves = result.tables["curves"]
    for model in ("softmax", "linear"):
        part = curves[curves["model"] == model]
        steps = part.groupby("metric")["step"].unique()
        assert {tuple(one) for one in steps} == {(0, 50, 100)}
    training = copying.PRESETS["smoke"].circuit
    params = training.function().init(jax.random.key(0))
    tokens = training.layout(training.evaluation_batch())[:7]
    assert isinstance(training.network, TransformerConfig)
    whole = transformer.build(training.network).trace(params, tokens)[1]
    first = copying.model.first_layer(training, {"layer_0": params["layer_0"]}, tokens)
    np.testing.assert_allclose(first, whole, rtol=1e-6)


def test_the_two_sines_are_compared_on_seeds_that_both_have():
    experiment, config = sine.EXPERIMENT, sine.PRESETS["smoke"]
    wanted = experiment.wanted(config, (0, 3))
    family = config.families[0]
    found = train_in_memory({one: wanted[one] for one in (family.transformer, family.control)})
    late = found[family.control].only((3,))
    pair = sine.model.pair(family, found[family.transformer], late)
    both = sine.model.pair(family, found[family.transformer], found[family.control])
    assert pair.seeds == (3,)
    for name, values in pair.along().items():
        np.testing.assert_allclose(values, both.along()[name][1:], rtol=1e-6)
