// Predictions and Hessians after every layer of the five-layer network.
"use strict";
(window.incontext ??= { parts: {} }).parts.layers = (data, tools, board) => {
  const { html, svg, fill, clamp, plot, path, line, legend } = tools;
  const names = Object.keys(data.models);
  const reach = Math.max(...data.targets.map(Math.abs)) * 1.15;
  const scatter = plot("predictions of the trained network", { x: "target", y: "prediction" }, { x: [-reach, reach], y: [-reach, reach] });
  const values = names.flatMap((name) => data.models[name].eigenvalues.flat(2)).filter((v) => v > 0);
  const low = 10 ** Math.floor(Math.log10(Math.min(...values))), high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
  const number = data.models[names[0]].eigenvalues[0][0].length;
  const spectrum = plot("Hessian spectrum of one prompt", { x: "eigenvalue, by size", y: "eigenvalue" }, { x: [0.5, number + 0.5], y: [low, high], log: "y" });
  scatter.root.append(line([[scatter.x(-reach), scatter.y(-reach)], [scatter.x(reach), scatter.y(reach)]], "currentColor", "2 3"));
  const dots = data.targets.map(() => svg("circle", { r: 3, fill: data.colours.trained, "fill-opacity": 0.7 }));
  const ring = svg("circle", { r: 7, fill: "none", stroke: "currentColor", "stroke-width": 1.5 });
  scatter.root.append(...dots, ring);
  const rows = Object.fromEntries(names.map((name) => [name, line([], data.colours[name], data.dashes[name])]));
  spectrum.root.append(...Object.values(rows));
  const told = {}, quantities = { mean: "mean loss", median: "median loss", condition: "condition number of the prompt" };
  const table = html("table", { class: "numbers" },
    html("thead", {}, html("tr", {}, html("td"), ...names.map((name) => html("th", { scope: "col" }, name)))),
    html("tbody", {}, ...Object.entries(quantities).map(([quantity, label]) => html("tr", {}, html("th", { scope: "row" }, label),
      ...names.map((name) => (told[`${quantity} ${name}`] = html("td", { "data-number": `${quantity} ${name}` })))))));
  let layer = 0, prompt = 0;
  function draw() {
    const predictions = data.models.trained.predictions[layer];
    const at = (k) => ({ cx: scatter.x(data.targets[k]), cy: scatter.y(clamp(predictions[k], -reach, reach)) });
    dots.forEach((dot, k) => fill(dot, at(k), []));
    fill(ring, at(prompt), []);
    for (const name of names) {
      const found = data.models[name].eigenvalues[layer][prompt];
      rows[name].setAttribute("d", path(found.map((v, i) => [spectrum.x(i + 1), spectrum.y(Math.max(v, low))])));
      told[`mean ${name}`].textContent = data.models[name].losses[layer].toPrecision(4);
      told[`median ${name}`].textContent = data.models[name].medians[layer].toPrecision(4);
      told[`condition ${name}`].textContent = (Math.max(...found) / Math.min(...found)).toPrecision(3);
    }
  }
  const depth = data.models.trained.losses.length - 1;
  const byLayer = board.slider("layer", "after layer", { min: 0, max: depth, step: 1, value: 0 }, (v) => (v ? `${v} of ${depth}` : "0: before the first"), (v) => { layer = v; draw(); });
  const byPrompt = board.slider("prompt", "prompt", { min: 0, max: data.models.trained.eigenvalues[0].length - 1, step: 1, value: 0 }, (v) => `${v + 1}`, (v) => { prompt = v; draw(); });
  const python = (state) => `import incontext
import jax.numpy as jnp
from incontext.models import readout, transformer
from incontext.tasks.fixed import evaluation_key

network = incontext.load("${data.network}", seed=0)
batch = network.training.task.sample(${data.count}, key=evaluation_key(${data.purpose}))
tokens = network.training.layout(batch)
stream = transformer.build(network.training.network).trace(network.params, tokens)
predictions = readout.read_prediction(stream[${state.layer}][:, -1], output_dim=1)
print(jnp.mean((predictions - batch.targets) ** 2) / 2)`;
  return { nodes: [byLayer, byPrompt, html("div", { class: "panels" }, scatter.root, spectrum.root), table,
    legend(names.map((name) => [name, data.colours[name], "\u2501"]))], play: "layer", python };
};
