// A mesa head in real time: a hidden rotation of the plane plays states, two learners predict the next.
"use strict";
(window.incontext ??= { parts: {} }).parts.mesa = (data, tools, board) => {
  const { html, svg, fill, show, clamp, numbers, plot, path, line, legend } = tools;
  const state = { position: 0, steps: 1, ridge: 0, forgetting: 1, changed: false };
  const colours = { steps: data.colours["gradient descent"], mesa: data.colours.mesa };
  const names = { steps: "gradient steps", mesa: "mesa head" };

  const outer = ([a, b], [c, d]) => [[a * c, a * d], [b * c, b * d]];
  const add = (m, n, s = 1) => m.map((row, i) => row.map((v, j) => v + s * n[i][j]));
  const times = (m, n) => m.map((row) => [0, 1].map((j) => row[0] * n[0][j] + row[1] * n[1][j]));
  const apply = (m, [x, y]) => m.map(([a, b]) => a * x + b * y);
  const inverse = ([[a, b], [c, d]]) => [[d, -b], [-c, a]].map((row) => row.map((v) => v / (a * d - b * c)));
  const largest = ([[a, b], [, d]]) => (a + d) / 2 + Math.hypot((a - d) / 2, b); // eigenvalue, symmetric

  // Both learn the same regression of each state on the one before it, from weighted sums
  // G = sum v k^T and H = sum k k^T. Mesa: G (H + rho I)^-1. Descent: Phi += (G - Phi H) / largest(H).
  function learn(states) {
    let G = [[0, 0], [0, 0]], H = [[0, 0], [0, 0]], penalty = 1 / 10 ** state.ridge;
    return states.slice(0, -1).map((now, t) => {
      if (t) {
        const before = states[t - 1], g = state.forgetting;
        G = add(outer(now, before), G, g);
        H = add(outer(before, before), H, g);
        penalty *= g;
      }
      const zero = [[0, 0], [0, 0]];
      const mesa = t ? times(G, inverse(add(H, [[penalty, 0], [0, penalty]]))) : zero;
      let steps = zero;
      if (t) for (let k = 0; k < state.steps; k++) steps = add(steps, add(G, times(steps, H), -1), 1 / largest(H));
      return { mesa, steps };
    });
  }

  const reach = 1.6;
  const plane = svg("svg", { viewBox: "0 0 250 250", class: "plot", role: "img", "aria-label": "the states in the plane" });
  const px = (v) => 125 + (clamp(v, -reach, reach) / reach) * 100, py = (v) => 130 - (clamp(v, -reach, reach) / reach) * 100;
  plane.append(svg("text", { x: 10, y: 15, class: "title" }, "a state moves: where next?"));
  plane.append(svg("path", { class: "axis", "stroke-opacity": 0.35, d: "M25 130H225M125 30V230" }));
  const past = data.steady.map(() => svg("circle", { r: 3, fill: "currentColor" }));
  const here = svg("circle", { r: 6, fill: "currentColor" }), next = svg("circle", { r: 9, fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-dasharray": "3 2" });
  const arrows = { steps: svg("path", { stroke: colours.steps, class: "arrow" }), mesa: svg("path", { stroke: colours.mesa, class: "arrow" }) };
  plane.append(...past, ...Object.values(arrows), next, here);
  function arrow([x, y], [u, v]) {
    const from = [px(x), py(y)], to = [px(u), py(v)];
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0]), head = (turn) => `${(to[0] - 8 * Math.cos(angle + turn)).toFixed(2)} ${(to[1] - 8 * Math.sin(angle + turn)).toFixed(2)}`;
    return `${path([from, to])}M${head(0.45)}L${to[0].toFixed(2)} ${to[1].toFixed(2)}L${head(-0.45)}`;
  }

  const last = data.steady.length - 2, low = 1e-5;
  const errors = plot("error of the prediction", { x: "position t", y: "half squared error" }, { x: [1, last + 1], y: [low, 3], log: "y" });
  errors.root.classList.add("wide");
  const curves = { steps: line([], colours.steps, "7 3"), mesa: line([], colours.mesa) };
  const moment = svg("path", { class: "axis", "stroke-dasharray": "2 3" });
  const change = svg("text", { x: errors.x(data.change_at + 1), y: errors.box.top + 10, "text-anchor": "middle", class: "label" }, "new rule");
  errors.root.append(moment, change, ...Object.values(curves));
  const told = numbers({ steps: "error, gradient steps", mesa: "error, mesa head", true: "angle of the rule", angle_steps: "angle learned by steps", angle_mesa: "angle learned by the mesa head" });
  const angle = ([[a, b], [c, d]]) => (Math.atan2(c - b, a + d) * 180) / Math.PI;

  function draw() {
    const states = state.changed ? data.changed : data.steady;
    const learned = learn(states), t = state.position;
    const error = (name, k) => {
      const [x, y] = apply(learned[k][name], states[k]), [u, v] = states[k + 1];
      return ((x - u) ** 2 + (y - v) ** 2) / 2;
    };
    past.forEach((dot, k) => {
      dot.style.display = k < t ? "" : "none";
      fill(dot, { cx: px(states[k][0]), cy: py(states[k][1]), "fill-opacity": Math.max(0.12, state.forgetting ** (t - k) * 0.6 ** ((t - k) / 12)) }, []);
    });
    fill(here, { cx: px(states[t][0]), cy: py(states[t][1]) }, []);
    fill(next, { cx: px(states[t + 1][0]), cy: py(states[t + 1][1]) }, []);
    for (const name of ["steps", "mesa"]) {
      arrows[name].setAttribute("d", arrow(states[t], apply(learned[t][name], states[t])));
      curves[name].setAttribute("d", path(learned.map((_, k) => [errors.x(k + 1), errors.y(clamp(error(name, k), low, 3))])));
      told.set(name, error(name, t).toExponential(3).replace("-", "\u2212"));
      told.set(`angle_${name}`, t ? `${show(angle(learned[t][name]), 1)}°` : "nothing yet");
    }
    moment.setAttribute("d", `M${errors.x(t + 1)} ${errors.box.top}V${errors.box.bottom}`);
    change.style.display = state.changed ? "" : "none";
    told.set("true", `${show(data.angles[state.changed && t >= data.change_at ? 1 : 0], 1)}°`);
  }
  const set = (key) => (value) => { state[key] = value; draw(); };
  const controls = [
    board.slider("position", "position t", { min: 0, max: last, step: 1, value: 0 }, (v) => `${v + 1} of ${last + 1}`, set("position")),
    board.slider("steps", "gradient steps", { min: 1, max: 30, step: 1, value: 1 }, (v) => `${v}`, set("steps")),
    board.slider("ridge", "λ of the mesa head", { min: -2, max: 4, step: 0.25, value: 2 }, (v) => `${Number((10 ** v).toPrecision(2))}`, set("ridge")),
    board.slider("forgetting", "forgetting γ", { min: 0.5, max: 1, step: 0.05, value: 1 }, (v) => show(v, 2), set("forgetting")),
    board.box("changed", `change the rule after position ${data.change_at + 1}`, set("changed")),
  ];
  const python = (now) => {
    const states = (now.changed === "1" ? data.changed : data.steady).slice(0, Number(now.position) + 2);
    return `import jax.numpy as jnp
from incontext.baselines.memories import Pairs, mesa

states = jnp.array([
${states.map(([x, y]) => `    [${x}, ${y}],`).join("\n")}
])  # the last one is what is to be predicted
keys, values = states[None, :-2], states[None, 1:-1]
pairs = Pairs(keys, values, jnp.ones(keys.shape[1], bool))
prediction = mesa(pairs, states[None, -2:-1], ridge_scale=${tools.decimal(10 ** Number(now.ridge))}, gate=${tools.decimal(now.forgetting)})
print(jnp.sum((prediction[0, 0] - states[-1]) ** 2) / 2)`;
  };
  return { nodes: [html("div", { class: "panels" }, plane, errors.root), ...controls, told.table,
    legend([...Object.entries(names).map(([key, name]) => [name, colours[key], key === "mesa" ? "\u2501" : "\u2505"]), ["next state", "currentColor", "\u25cc"]])], play: "position", python };
};
