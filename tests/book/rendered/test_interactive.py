"""Every moving figure by mouse and by keyboard, its numbers held to the library's."""

import json
import re

import jax.numpy as jnp
import numpy as np
import pytest

from incontext import experiments
from incontext.analysis import spectrum
from incontext.baselines import gdpp, gradient_descent
from incontext.experiments import prompts
from incontext.models import constructed
from incontext.models.attention import merge
from incontext.records import reading
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.types import Prompt

pytestmark = [pytest.mark.book, pytest.mark.slow]
PAGES = {"weights": "01_single_layer", "regression": "01_single_layer", "layers": "02_gdpp"}


@pytest.fixture
def part(book, page):
    """Opens the page of a moving figure and returns the figure."""

    def open_part(name):
        page.goto((book / "chapters" / f"{PAGES[name]}.html").as_uri(), wait_until="load")
        figure = page.locator(f"#interactive-{name}")
        figure.locator(".moving").wait_for()
        figure.scroll_into_view_if_needed()
        return figure

    yield open_part
    assert page.errors == []


def number(figure, name):
    return float(figure.locator(f'[data-number="{name}"]').inner_text().replace("\u2212", "-"))


def data(figure):
    return json.loads(figure.locator("script").text_content())


def single_layer():
    record = reading.best("single-layer")
    task = experiments.get("single-layer").presets[record.manifest.preset].task
    return record, task


@pytest.mark.parametrize("name", PAGES)
def test_without_scripts_a_still_picture_stands_there(book, browser, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((book / "chapters" / f"{PAGES[name]}.html").as_uri(), wait_until="load")
    figure = page.locator(f"#interactive-{name}")
    shown = figure.locator("img").evaluate_all("all => all.map(i => getComputedStyle(i).display)")
    assert [display == "none" for display in shown] == [False, True]
    assert figure.locator("img").first.get_attribute("alt")
    assert figure.locator("input").count() == 0
    context.close()


def test_the_slider_of_training_shows_the_recorded_weights_and_loss(part):
    figure = part("weights")
    record, task = single_layer()
    curves = record.result.tables["curves"]
    losses = curves[(curves["metric"] == "loss") & (curves["seed"] == 0)]["value"].to_numpy()
    steps = curves[(curves["metric"] == "loss") & (curves["seed"] == 0)]["step"].to_numpy()
    key_query = np.asarray(record.result.params["history/key_query"])[0]
    output_value = np.asarray(record.result.params["history/output_value"])[0]
    diagonals = np.diagonal(key_query, axis1=1, axis2=2)[:, : task.input_dim].mean(axis=1)
    diagonals = diagonals * output_value[:, -1, -1]

    def check(moment):
        assert figure.locator("output").inner_text() == f"step {steps[moment]}"
        assert number(figure, "loss") == pytest.approx(losses[moment], abs=6e-5)  # 4 digits
        assert number(figure, "diagonal") == pytest.approx(diagonals[moment], abs=6e-5)

    check(0)
    slider = figure.locator("input")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    check(3)
    box = slider.bounding_box()
    slider.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    check(len(steps) - 1)
    assert number(figure, "distance") < 0.1
    assert number(figure, "goal") == pytest.approx(-np.median(np.abs(diagonals[-3:])), rel=0.1)


def first_seed(record, prefix):
    """Trained weights of the first seed, by layer and name."""
    layers = {}
    for flat, array in record.result.params.items():
        if flat.startswith(f"{prefix}/"):
            _, layer, name = flat.split("/")
            layers.setdefault(layer, {})[name] = jnp.asarray(array)[0]
    return layers


def predictions(points, query, rate):
    """One gradient step, constructed and trained attention, least squares, by the library."""
    record, task = single_layer()
    first = jnp.eye(task.input_dim)[0]
    x, y = jnp.asarray(points).T
    prompt = Prompt(
        x[None, :, None] * first[None, None],
        y[None, :, None],
        query * first[None],
        jnp.zeros((1, 1)),
    )
    trained = merge(first_seed(record, "trained")["layer_0"])
    start = jnp.zeros((task.output_dim, task.input_dim))
    step = merge(constructed.gradient_step(start, rate, task.num_context)["layer_0"])
    return {
        "step": float(gradient_descent.predict(prompt, [rate])[0, 0]),
        "constructed": float(prompts.predict_with(step, prompt)[0, 0]),
        "trained": float(prompts.predict_with(trained, prompt)[0, 0]),
        "exact": float(jnp.sum(x * y) / jnp.sum(x * x) * query),
    }


def points_of(figure):
    texts = [h.get_attribute("aria-valuetext") for h in figure.locator("circle.handle").all()]
    found = [re.findall(r"[\u2212\d.]+", text.replace("target", "")) for text in texts]
    return [[float(v.replace("\u2212", "-")) for v in pair] for pair in found]


def test_dragged_examples_move_the_step_and_attention_as_the_library_says(part):
    figure = part("regression")
    start = data(figure)["points"]
    assert points_of(figure) == start

    def check(query, rate):
        expected = predictions(points_of(figure), query, rate)
        shown = {name: number(figure, name) for name in expected}
        assert shown == pytest.approx(expected, abs=6e-5)  # 4 digits
        return shown

    rate = float(figure.locator("output").nth(0).inner_text())
    before = check(0.4, rate)
    handle = figure.locator("circle.handle").nth(4)
    box = handle.bounding_box()
    mouse = handle.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + 60, box["y"] - 40, steps=5)
    mouse.up()
    moved = points_of(figure)
    assert moved[4][0] > start[4][0]
    assert moved[4][1] > start[4][1]
    assert [one for k, one in enumerate(moved) if k != 4] == [
        p for k, p in enumerate(start) if k != 4
    ]
    dragged = check(0.4, rate)
    assert abs(dragged["trained"] - before["trained"]) > 1e-3
    handle.focus()
    handle.press("ArrowDown")
    handle.press("ArrowLeft")
    by_keys = points_of(figure)[4]
    assert by_keys == pytest.approx([moved[4][0] - 0.02, moved[4][1] - 0.04], abs=2e-3)
    check(0.4, rate)
    figure.locator("input").nth(0).press("ArrowLeft")
    figure.locator("input").nth(1).press("ArrowLeft")
    check(0.39, float(figure.locator("output").nth(0).inner_text()))
    assert float(figure.locator("output").nth(0).inner_text()) < rate


def test_layers_show_the_library_s_losses_and_spectra(part):
    figure = part("layers")
    record = reading.best("gdpp-depth")
    config = experiments.get("gdpp-depth").presets[record.manifest.preset]
    depth = next(one for one in config.depths if one.num_layers == 5)
    prompt = config.task.sample(1000, key=evaluation_key(16))
    steps = record.result.tables["steps"].query("depth == '5 layers' and model == 'GD++'")
    rates = (config.task.num_context * steps["step_size"]).tolist()
    curvatures = steps["curvature"].tolist()

    def losses(predicted):
        return 0.5 * np.sum(np.asarray(predicted - prompt.query_targets) ** 2, axis=-1)

    layer, chosen = figure.locator("input").all()
    for _ in range(2):
        layer.press("ArrowRight")
    expected = losses(gdpp.predict(prompt, rates[:2], curvatures[:2], depth.shape.token_clip))
    # Two float32 programs for the same algorithm; steps amplify their rounding.
    assert number(figure, "median GD++") == pytest.approx(np.median(expected), rel=2e-3)
    assert number(figure, "mean GD++") == pytest.approx(np.mean(expected), rel=2e-3)

    box = layer.bounding_box()
    layer.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] / 2)
    params = first_seed(record, "5_layers")
    expected = losses(depth.network.function().predict(params, prompt))
    assert number(figure, "mean trained") == pytest.approx(np.mean(expected), rel=2e-3)

    layer.press("Home")
    chosen.press("ArrowRight")
    eigenvalues = np.asarray(spectrum.hessian_eigenvalues(prompt.context_inputs))[1]
    condition = eigenvalues.max() / eigenvalues.min()
    for name in ("trained", "GD++", "gradient descent"):
        assert number(figure, f"condition {name}") == pytest.approx(condition, rel=6e-3)  # 3 digits
