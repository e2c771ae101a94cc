// The first layer of the copying network: which token looks at which, over training.
"use strict";
(window.incontext ??= { parts: {} }).parts.binding = (data, tools, board) => {
  const { html, svg, fill, show, mean, numbers, plot, line, legend } = tools;
  const n = data.tokens.length, last = data.steps.length - 1;
  const state = { network: 0, moment: 0 };
  const x = (i) => 24 + (i * 552) / (n - 1);
  const strip = svg("svg", { viewBox: "0 0 600 210", class: "plot strip", role: "img" });
  strip.append(svg("text", { x: 0, y: 14, class: "title" }, "attention of the first layer"));
  const arcs = [];
  for (let to = 0; to < n; to++) for (let from = 0; from < n - 1; from++) {
    const rise = 14 + 0.16 * Math.abs(x(to) - x(from)), start = to >= from ? 92 : 128;
    const bend = to >= from ? start - rise : start + rise;
    const d = to === from
      ? `M${x(to) - 6} 128c-10 26 22 26 12 0`
      : `M${x(from)} ${start}C${x(from)} ${bend} ${x(to)} ${bend} ${x(to)} ${start}`;
    const kind = from === to + 1 ? "next" : from === to ? "own" : "other";
    const arc = svg("path", { d, class: "arc", stroke: kind === "next" ? data.colours.next : "currentColor" });
    arcs.push({ arc, to, from, kind });
    strip.append(arc);
  }
  data.tokens.forEach((name, i) => {
    strip.append(svg("circle", { cx: x(i), cy: 110, r: 17, class: "token", fill: i % 2 ? data.colours.target : data.colours.input }));
    strip.append(svg("text", { x: x(i), y: 114, "text-anchor": "middle", class: "name" }, name));
  });
  const loss = plot("loss of the whole network", { x: "training step + 100", y: "loss" }, { x: [100, data.steps[last] + 100], y: data.range, log: "xy" });
  loss.root.classList.add("wide");
  const curves = data.networks.map(() => line([], data.colours.trained));
  const dot = svg("circle", { r: 5, fill: data.colours.trained });
  loss.root.append(...curves, dot);
  const told = numbers({ next: "weight of an input token on its target", other: "on all other tokens", loss: "loss" });
  function draw() {
    const { seed, attention, losses } = data.networks[state.network];
    const weights = attention[state.moment];
    for (const { arc, to, from } of arcs) {
      const w = weights[to * (n - 1) + from];
      fill(arc, { "stroke-width": (7 * w).toFixed(2), "stroke-opacity": Math.min(1, 1.5 * w).toFixed(2) }, []);
    }
    data.networks.forEach((one, k) => {
      curves[k].setAttribute("d", tools.path(one.losses.map((v, j) => [loss.x(data.steps[j] + 100), loss.y(v)])));
      curves[k].setAttribute("stroke-opacity", k === state.network ? 1 : 0.25);
    });
    fill(dot, { cx: loss.x(data.steps[state.moment] + 100), cy: loss.y(losses[state.moment]) }, []);
    const next = mean(Array.from({ length: (n - 1) / 2 }, (_, k) => weights[2 * k * (n - 1) + 2 * k + 1]));
    told.set("next", show(next, 3));
    told.set("other", show(1 - next, 3));
    told.set("loss", losses[state.moment].toPrecision(3));
    strip.setAttribute("aria-label", `Seed ${seed}, step ${data.steps[state.moment]}: an input token gives its target the weight ${show(next, 2)}.`);
  }
  const set = (key) => (value) => { state[key] = value; draw(); };
  const controls = [
    board.slider("moment", "training step", { min: 0, max: last, step: 1, value: 0 }, (k) => `step ${data.steps[k]}`, set("moment")),
    board.slider("network", "network", { min: 0, max: data.networks.length - 1, step: 1, value: 0 }, (k) => `seed ${data.networks[k].seed}`, set("network")),
  ];
  const python = (now) => {
    const { seed } = data.networks[now.network], step = data.steps[now.moment];
    return `import incontext
from incontext.experiments.copying.model import attention

network = incontext.load("${data.network}", seed=${seed})
weights = network.at(${step})
found = attention(network.training, weights, network.training.evaluation_batch())
print(found[0::2, 1::2].diagonal().mean())`;
  };
  return { nodes: [...controls, strip, html("div", { class: "panels" }, loss.root, html("div", { class: "side" }, told.table,
    legend([["looks at the token after it", data.colours.next, "\u2501"], ["looks elsewhere", "currentColor", "\u2501"]])))], play: "moment", python };
};
