// Drag ten examples: one gradient step, constructed and trained attention, least squares.
"use strict";
(window.incontext ??= { parts: {} }).parts.regression = (data, tools, board) => {
  const { html, svg, fill, show, sum, clamp, numbers, plot, path, line, legend } = tools;
  const points = data.points.map(([x, y]) => ({ x, y }));
  let rate = data.learning_rate, asked = 0.4, moment = data.trained.length - 1;

  // What every example adds to the prediction at x, from the two products on a token (input, target).
  // Linear attention: the query asks `scores`, each token answers with its target channel `moved`.
  const votes = ({ key_query: scores, output_value: moved }, x, scale) => {
    const request = scores.map((row) => row[0] * x);
    return points.map(({ x: a, y: b }) => -scale * (request[0] * a + request[1] * b) * (moved[1][0] * a + moved[1][1] * b));
  };
  const stepVotes = (x) => points.map((p) => (rate / points.length) * p.x * p.y * x);
  const models = {
    step: (x) => sum(stepVotes(x)),
    constructed: (x) => sum(votes(data.constructed, x, rate)),
    trained: (x) => sum(votes(data.trained[moment], x, 1)),
    exact: (x) => (sum(points.map((p) => p.x * p.y)) / sum(points.map((p) => p.x * p.x))) * x,
  };
  const area = plot("ten examples", { x: "input x", y: "target y" }, { x: [-0.5, 0.5], y: [-1, 1] });
  area.root.classList.add("wide");
  const lines = {
    exact: line([], data.colours["closed form"], "1 4"), trained: line([], data.colours.trained),
    step: line([], data.colours["gradient descent"], "7 3"),
  };
  const marks = Array.from({ length: 11 }, () => svg("rect", { width: 6, height: 6, fill: "none", stroke: "currentColor" }));
  const wanted = svg("path", { class: "axis", "stroke-dasharray": "2 3" });
  area.root.append(wanted, ...Object.values(lines), ...marks);
  const cast = plot("each example's vote at the query", { x: "input x of the example", y: "vote" }, { x: [-0.5, 0.5], y: [-0.2, 0.2] });
  cast.root.classList.add("wide");
  const zero = svg("path", { class: "axis", d: `M${cast.box.left} ${cast.y(0)}H${cast.box.right}` });
  const bars = points.map(() => svg("path", { stroke: data.colours.trained, "stroke-width": 7 }));
  const steps = points.map(() => svg("path", { stroke: data.colours["gradient descent"], "stroke-width": 3, fill: "none" }));
  cast.root.append(zero, ...bars, ...steps);
  const told = numbers({
    step: "one gradient step", constructed: "attention, constructed weights",
    trained: "attention, trained weights", exact: "least squares",
  });
  function draw() {
    const within = (v) => clamp(v, -1, 1);
    for (const [name, element] of Object.entries(lines)) {
      element.setAttribute("d", path([-0.5, 0.5].map((x) => [area.x(x), area.y(within(models[name](x)))])));
    }
    marks.forEach((mark, k) => {
      const x = -0.5 + k / 10;
      fill(mark, { x: area.x(x) - 3, y: area.y(within(models.constructed(x))) - 3 }, []);
    });
    wanted.setAttribute("d", `M${area.x(asked)} ${area.box.top}V${area.box.bottom}`);
    const level = (v) => cast.y(clamp(v, -0.2, 0.2));
    const trained = votes(data.trained[moment], asked, 1), descent = stepVotes(asked);
    points.forEach((p, k) => {
      bars[k].setAttribute("d", `M${cast.x(p.x)} ${cast.y(0)}V${level(trained[k])}`);
      steps[k].setAttribute("d", `M${cast.x(p.x) - 7} ${level(descent[k])}h14`);
    });
    for (const name of Object.keys(models)) told.set(name, show(models[name](asked)));
  }
  const moves = points.map((point, k) => {
    const handle = svg("circle", { r: 9, class: "handle", tabindex: 0, role: "slider", "aria-valuemin": -1, "aria-valuemax": 1, "aria-label": `example ${k + 1}` });
    const move = (x, y) => {
      const limit = (v, bound) => clamp(Math.round(v * 1000) / 1000, -bound, bound);
      point.x = limit(x, 0.5);
      point.y = limit(y, 1);
      fill(handle, { cx: area.x(point.x), cy: area.y(point.y), "aria-valuenow": point.y, "aria-valuetext": `input ${show(point.x, 3)}, target ${show(point.y, 3)}` }, []);
      draw();
    };
    const moved = () => handle.dispatchEvent(new CustomEvent("moved", { bubbles: true }));
    handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); handle.focus(); event.preventDefault(); });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const seen = new DOMPoint(event.clientX, event.clientY).matrixTransform(area.root.getScreenCTM().inverse());
      move(...area.inverse(seen.x, seen.y));
    });
    handle.addEventListener("pointerup", moved);
    handle.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by) return;
      event.preventDefault();
      move(point.x + 0.02 * by[0], point.y + 0.04 * by[1]);
      moved();
    });
    area.root.append(handle);
    move(point.x, point.y);
    return move;
  });
  board.state("points", () => points.map((p) => `${p.x}_${p.y}`).join(";"), (text) => {
    text.split(";").forEach((pair, k) => { const [x, y] = pair.split("_").map(Number); if (moves[k]) moves[k](x, y); });
  });
  const eta = board.slider("rate", "learning rate η", { min: 0, max: 12, step: 0.05, value: rate.toFixed(2) }, (v) => show(v, 2), (v) => { rate = v; draw(); });
  const where = board.slider("query", "query x", { min: -0.5, max: 0.5, step: 0.01, value: asked }, (v) => show(v, 2), (v) => { asked = v; draw(); });
  const time = board.slider("moment", "training step", { min: 0, max: moment, step: 1, value: moment }, (k) => `step ${data.steps[k]}`, (k) => { moment = k; draw(); });
  const side = html("div", { class: "side" }, eta, where, time, html("p", {}, "Predictions at the query:"), told.table,
    legend([["one gradient step", data.colours["gradient descent"], "\u2505"], ["attention, constructed", "currentColor", "\u25a1"],
      ["attention, trained", data.colours.trained, "\u2501"], ["least squares", data.colours["closed form"], "\u2508"]]));
  const python = (state) => `import incontext
import jax.numpy as jnp
from incontext.tasks.types import Prompt

network = incontext.load("${data.network}", seed=0)
weights = network.at(${data.steps[state.moment]})
x, y = jnp.array([${points.map((p) => `[${p.x}, ${p.y}]`).join(", ")}]).T
axis = jnp.eye(${data.input_dim})[0]  # all examples lie on the first axis
prompt = Prompt(x[None, :, None] * axis[None, None], y[None, :, None], ${state.query} * axis[None], jnp.zeros((1, 1)))
print("trained", network.training.function().predict(weights, prompt)[0, 0])
print("one step", ${state.rate} / ${points.length} * jnp.sum(x * y) * ${state.query})`;
  return { nodes: [html("div", { class: "panels" }, area.root, cast.root, side)], play: "moment", python };
};
