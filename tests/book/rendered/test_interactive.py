"""Every moving figure by mouse and by keyboard, its numbers held to the library's."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from incontext import experiments
from incontext.analysis import spectrum
from incontext.baselines import gdpp, gradient_descent, memories
from incontext.experiments import prompts
from incontext.experiments.copying.model import attention
from incontext.experiments.memories.model import draw_keys
from incontext.models import constructed
from incontext.models.attention import Products, merge
from incontext.networks.store import Store
from incontext.paths import networks_directory
from incontext.records import reading
from incontext.tasks.fixed import evaluation_key
from incontext.tasks.types import Prompt

pytestmark = [pytest.mark.book, pytest.mark.slow]
PAGES = {
    "weights": "01_single_layer",
    "regression": "01_single_layer",
    "layers": "02_gdpp",
    "mesa": "08_mesa",
    "memories": "11_memories",
    "binding": "04_copying",
}


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

    moments = [int(np.flatnonzero(steps == step)[0]) for step in data(figure)["steps"]]
    assert moments[0] == 0
    assert moments[-1] == len(steps) - 1

    def check(shown):
        moment = moments[shown]
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
    check(len(moments) - 1)
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


def predictions(points, query, rate, moment=-1):
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
    trained = Products(
        *(
            jnp.asarray(record.result.params[f"history/{n}"][0][moment][None])
            for n in Products._fields
        )
    )
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
    figure.locator("input").nth(2).press("Home")
    untrained = predictions(points_of(figure), 0.39, rate, moment=0)["trained"]
    assert number(figure, "trained") == pytest.approx(untrained, abs=6e-5)


def test_every_vote_is_drawn_and_they_sum_to_the_answer(part):
    figure = part("regression")
    votes = figure.locator("svg[aria-label^='each example'] path[stroke-width='7']")
    assert votes.count() == 10
    drawn = [re.fullmatch(r"M\S+ (\S+)V(\S+)", one.get_attribute("d")) for one in votes.all()]
    total = sum((float(one[1]) - float(one[2])) for one in drawn)
    height = 182 / 0.4  # of the panel, in units of a vote
    assert total / height == pytest.approx(number(figure, "trained"), abs=1e-3)


def set_slider(figure, place, value):
    figure.locator("input").nth(place).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); }",
        str(value),
    )


@pytest.mark.parametrize(
    ("position", "ridge", "gate", "changed"), [(7, 2, 1.0, False), (30, 0.5, 0.8, True)]
)
def test_the_mesa_head_in_the_plane_is_the_library_s(part, position, ridge, gate, changed):
    figure = part("mesa")
    for place, value in enumerate((position, 1, ridge, gate)):
        set_slider(figure, place, value)
    if changed:
        figure.locator("input[type=checkbox]").check()
    states = jnp.asarray(data(figure)["changed" if changed else "steady"])[: position + 2]
    keys, values = states[None, :-2], states[None, 1:-1]
    pairs = memories.Pairs(keys, values, jnp.ones(position, bool))
    found = memories.mesa(pairs, states[None, -2:-1], 10.0**ridge, gate)
    error = 0.5 * float(jnp.sum((found[0, 0] - states[-1]) ** 2))
    assert number(figure, "mesa") == pytest.approx(error, rel=5e-3)
    true = f"{data(figure)['angles'][int(changed)]:.1f}°".replace("-", "\u2212")
    assert figure.locator('[data-number="true"]').inner_text() == true


def test_gradient_steps_in_the_plane_are_gradient_descent(part):
    figure = part("mesa")
    position, count = 12, 3
    set_slider(figure, 0, position)
    set_slider(figure, 1, count)
    states = jnp.asarray(data(figure)["steady"])[: position + 2]
    prompt = Prompt(states[None, :-2], states[None, 1:-1], states[None, -2], states[None, -1])
    keys = np.asarray(states[:-2], np.float64)
    rate = position / np.linalg.eigvalsh(keys.T @ keys)[-1]
    found = gradient_descent.predict(prompt, [rate] * count)[0]
    error = 0.5 * float(jnp.sum((found - states[-1]) ** 2))
    assert number(figure, "steps") == pytest.approx(error, rel=2e-3)


@pytest.mark.parametrize(("correlation", "count"), [(0.0, 16), (0.8, 12), (0.9, 24)])
def test_the_four_memories_recall_what_the_library_s_do(part, correlation, count):
    figure = part("memories")
    set_slider(figure, 0, correlation)
    set_slider(figure, 1, count)
    seeds, size = data(figure)["seeds"], len(data(figure)["common"])
    keys = draw_keys((1, 24, size), correlation, key=jax.random.key(seeds[0]))[:, :count]
    values = draw_keys((1, 24, size), 0.0, key=jax.random.key(seeds[1]))[:, :count]
    pairs = memories.Pairs(keys, values, jnp.ones(count, bool))
    answers = {
        "linear": memories.linear_attention(pairs, keys),
        "delta": memories.delta_rule(pairs, keys, data(figure)["step"]),
        "mesa": memories.mesa(pairs, keys, 1000.0),
        "softmax": memories.softmax_attention(pairs, keys, float(data(figure)["sharpness"])),
    }
    for name, answer in answers.items():
        nearest = jnp.argmax(jnp.einsum("bqe,bve->bqv", answer, values), axis=-1)[0]
        right = int(jnp.sum(nearest == jnp.arange(count)))
        assert figure.locator(f'[data-number="{name}"]').inner_text() == f"{right} of {count}"


def test_arcs_are_the_recorded_attention_of_the_first_layer(part):
    figure = part("binding")
    training = experiments.get("copying").presets["laptop"].circuit
    shown = data(figure)
    last = len(shown["steps"]) - 1
    set_slider(figure, 0, last)
    network = Store(networks_directory()).read(training, shown["networks"][0]["seed"])
    weights = np.asarray(attention(training, network.params, training.evaluation_batch()))
    on_target = np.mean([weights[2 * k, 2 * k + 1] for k in range(len(weights) // 2)])
    assert number(figure, "next") == pytest.approx(on_target, abs=2e-3)
    assert number(figure, "loss") == pytest.approx(network.losses[-1], rel=6e-3)
    widths = [float(a.get_attribute("stroke-width")) for a in figure.locator("path.arc").all()]
    np.testing.assert_allclose(np.asarray(widths) / 7, weights.reshape(-1), atol=3e-3)


@pytest.mark.parametrize("name", PAGES)
def test_play_moves_reset_returns_and_the_address_holds_the_state(part, name):
    figure = part(name)
    ranges = figure.locator("input[type=range]")

    def values():
        return [one.input_value() for one in ranges.all()]

    first = values()
    set_slider(figure, ranges.count() - 1, ranges.last.get_attribute("max"))
    set_slider(figure, 0, ranges.first.get_attribute("max"))
    changed, address = values(), figure.page.url
    assert changed != first
    assert f"#interactive-{name}:" in address
    figure.page.goto("about:blank")
    figure.page.goto(address, wait_until="load")
    figure.locator(".moving").wait_for()
    assert values() == changed
    figure.get_by_role("button", name="Reset").click()
    assert f"interactive-{name}:" not in figure.page.url
    figure.get_by_role("button", name="Play").click()
    figure.page.wait_for_timeout(1200)
    figure.get_by_role("button", name="Pause").click()
    assert values() != first
    assert f"#interactive-{name}:" in figure.page.url  # what was reached, not where it began
    figure.get_by_role("button", name="Play").click()
    figure.get_by_role("button", name="Reset").click()
    figure.page.wait_for_timeout(700)
    assert values() == first


@pytest.mark.parametrize("name", PAGES)
def test_the_python_of_a_state_runs_and_finds_its_number(part, name, capsys):
    figure = part(name)
    if name in ("weights", "layers", "mesa", "binding"):
        set_slider(figure, 0, 4)
    if name == "regression":
        set_slider(figure, 2, 0)
    exec(figure.locator("[data-python]").text_content(), {})
    printed = capsys.readouterr().out
    first = float(re.findall(r"-?\d+(?:\.\d*)?(?:e-?\d+)?", printed)[0])
    if name == "memories":
        assert first == int(figure.locator('[data-number="linear"]').inner_text().split()[0])
        return
    told = {"weights": "diagonal", "layers": "mean trained", "binding": "next"}
    told |= {"regression": "trained", "mesa": "mesa"}
    assert first == pytest.approx(number(figure, told[name]), rel=5e-3, abs=1e-4)


def test_a_guess_comes_before_its_answer(part):
    for name in ("mesa", "memories", "binding", "regression"):
        guess = part(name).locator("details.question")
        assert guess.get_attribute("open") is None
        guess.locator("summary").click()
        assert len(guess.inner_text()) > 60


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
