// The moving figures of the book. Each <figure class="interactive" data-part="NAME"> holds a still
// picture and its data as JSON; this script puts controls in the picture's place. No network.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  // Opened from a folder, a page may not read its neighbours, so search shows no excerpts there.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  // In search, chapters stand before the pages about the code.
  const order = () => {
    if (typeof Scorer === "undefined") return;
    Scorer.score = ([name, , , , score]) =>
      score + (name.startsWith("chapters/") ? 200 : name.startsWith("reference/") ? -30 : 0);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", order);
  else order();

  // ---- small tools -------------------------------------------------------------------------
  function html(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
  }
  function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
  }
  function fill(element, attributes, children) {
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }
  const show = (value, digits = 4) => value.toFixed(digits).replace("-", "\u2212");

  // A labelled range control; `tell` turns its value into what is read aloud.
  let count = 0;
  function slider(label, range, tell, changed) {
    const id = `control-${++count}`;
    const input = html("input", { type: "range", id, ...range });
    const value = html("output", { for: id });
    const update = () => {
      value.textContent = tell(Number(input.value));
      input.setAttribute("aria-valuetext", value.textContent);
      changed(Number(input.value));
    };
    input.addEventListener("input", update);
    return { row: html("div", { class: "control" }, html("label", { for: id }, label), input, value), input, update };
  }

  // A table of named numbers that change; set(name, text).
  function numbers(names) {
    const cells = {};
    const body = html("tbody");
    for (const [name, label] of Object.entries(names)) {
      cells[name] = html("td", { "data-number": name });
      body.append(html("tr", {}, html("th", { scope: "row" }, label), cells[name]));
    }
    return { table: html("table", { class: "numbers" }, body), set: (name, text) => { cells[name].textContent = text; } };
  }

  // Axes in a 320 x 250 box. scale: {x: [from, to], y: [from, to], log: "x", "y" or both}
  function plot(title, labels, scale) {
    const box = { left: 54, right: 308, top: 26, bottom: 208 };
    const log = (axis) => (scale.log || "").includes(axis);
    const place = (axis, low, high) => {
      const f = log(axis) ? Math.log10 : (v) => v;
      const [from, to] = scale[axis].map(f);
      return (value) => low + ((f(value) - from) / (to - from)) * (high - low);
    };
    const x = place("x", box.left, box.right), y = place("y", box.bottom, box.top);
    const root = svg("svg", { viewBox: "0 0 320 250", class: "plot", role: "group", "aria-label": title });
    root.append(svg("text", { x: box.left, y: 15, class: "title", "aria-hidden": "true" }, title));
    root.append(svg("path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` }));
    for (const [axis, at] of [["x", x], ["y", y]]) {
      for (const tick of ticks(scale[axis], log(axis))) {
        const where = axis === "x"
          ? { x: at(tick.value), y: box.bottom + 16, "text-anchor": "middle" }
          : { x: box.left - 6, y: at(tick.value) + 4, "text-anchor": "end" };
        root.append(svg("text", { ...where, class: "tick", "aria-hidden": "true" }, tick.text));
      }
    }
    root.append(svg("text", { x: (box.left + box.right) / 2, y: 243, "text-anchor": "middle", class: "label", "aria-hidden": "true" }, labels.x));
    root.append(svg("text", { transform: `translate(10 ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle", class: "label", "aria-hidden": "true" }, labels.y));
    const inverse = (px, py) => [
      scale.x[0] + ((px - box.left) / (box.right - box.left)) * (scale.x[1] - scale.x[0]),
      scale.y[0] + ((py - box.bottom) / (box.top - box.bottom)) * (scale.y[1] - scale.y[0]),
    ];
    return { root, x, y, inverse, box };
  }
  function ticks([from, to], log) {
    if (log) {
      const found = [];
      const every = Math.max(1, Math.ceil(Math.log10(to / from) / 5));
      for (let e = Math.ceil(Math.log10(from)); e <= Math.log10(to); e += every) found.push({ value: 10 ** e, text: `1e${e}`.replace("-", "\u2212") });
      return found;
    }
    const step = [1, 2, 2.5, 5, 10].map((s) => s * 10 ** Math.floor(Math.log10((to - from) / 4))).find((s) => (to - from) / s <= 5);
    const found = [];
    for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9; k++) found.push({ value: k * step, text: String(Number((k * step).toFixed(6))).replace("-", "\u2212") });
    return found;
  }
  function line(points, colour, dash = "") {
    return svg("path", { class: "line", stroke: colour, "stroke-dasharray": dash, d: path(points) });
  }
  const path = (points) => points.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(2)} ${py.toFixed(2)}`).join("");
  function legend(entries) {
    return html("p", { class: "legend" }, ...entries.map(([label, colour, mark]) => {
      const sample = html("span", { style: `color: ${colour}`, "aria-hidden": "true" }, mark);
      return html("span", {}, sample, ` ${label}`);
    }));
  }

  // Blue, white, red: as the still pictures do.
  function colourOf(value, bound) {
    const t = Math.max(-1, Math.min(1, value / bound)), s = Math.abs(t);
    const end = t < 0 ? [5, 48, 97] : [103, 0, 31], middle = t < 0 ? [67, 147, 195] : [214, 96, 77];
    const mix = (a, b, u) => a.map((v, k) => Math.round(v + (b[k] - v) * u));
    return `rgb(${(s < 0.6 ? mix([247, 247, 247], middle, s / 0.6) : mix(middle, end, (s - 0.6) / 0.4)).join(" ")})`;
  }
  function heatMap(title, size) {
    const root = svg("svg", { viewBox: "0 0 220 240", class: "plot heat", role: "img" });
    root.append(svg("text", { x: 0, y: 15, class: "title" }, title));
    const cells = Array.from({ length: size * size }, (_, k) => svg("rect", {
      x: (k % size) * (220 / size), y: 20 + Math.floor(k / size) * (220 / size), width: 220 / size + 0.3, height: 220 / size + 0.3,
    }));
    root.append(...cells);
    return { root, draw: (values, bound, text) => {
      cells.forEach((cell, k) => cell.setAttribute("fill", colourOf(values[k], bound)));
      root.setAttribute("aria-label", text);
    } };
  }

  // ---- a: the weights during training ------------------------------------------------------
  function weights(data) {
    const size = data.size, last = data.steps.length - 1;
    const bound = Math.max(...data.construction.map(Math.abs));
    const trained = heatMap("trained weights", size), goal = heatMap("constructed", size);
    goal.draw(data.construction, bound, `A multiple of the identity on the inputs: ${show(data.step_size)} with a minus sign.`);
    const loss = plot("loss", { x: "training step", y: "loss" }, { x: [0, data.steps[last]], y: [0.18, 0.44] });
    const at = (k) => [loss.x(data.steps[k]), loss.y(data.loss[k])];
    const level = loss.y(data.gradient_descent);
    const dot = svg("circle", { r: 5, fill: data.colours.trained });
    loss.root.classList.add("wide");
    loss.root.append(
      line(data.steps.map((_, k) => at(k)), data.colours.trained),
      line([[loss.box.left, level], [loss.box.right, level]], data.colours["gradient descent"], "7 3"), dot);
    const told = numbers({
      loss: "loss of the layer", descent: "loss of one gradient step",
      diagonal: "mean of the diagonal on the inputs", goal: "the same, constructed", distance: "distance of the two products, relative",
    });
    told.set("descent", show(data.gradient_descent));
    told.set("goal", show(-data.step_size));
    const control = slider("training step", { min: 0, max: last, step: 1, value: 0 }, (k) => `step ${data.steps[k]}`, (k) => {
      const joint = data.joint[k];
      const diagonal = mean(Array.from({ length: size - 1 }, (_, i) => joint[i * (size + 1)]));
      const gap = (a) => Math.sqrt(sum(a.filter((_, i) => i % size < size - 1).map((v) => v * v)));
      dot.setAttribute("cx", at(k)[0]);
      dot.setAttribute("cy", at(k)[1]);
      told.set("loss", show(data.loss[k]));
      told.set("diagonal", show(diagonal));
      told.set("distance", show(gap(joint.map((v, i) => v - data.construction[i])) / gap(data.construction), 3));
      trained.draw(joint, bound, `Product of all weights at step ${data.steps[k]}: mean of the diagonal ${show(diagonal)}.`);
    });
    control.update();
    return [control.row, html("div", { class: "panels" }, trained.root, goal.root, loss.root), told.table,
      legend([["trained layer", data.colours.trained, "\u2501"], ["one gradient step", data.colours["gradient descent"], "\u2505"]])];
  }
  const sum = (a) => a.reduce((s, v) => s + v, 0);
  const mean = (a) => sum(a) / a.length;

  // ---- b: drag the examples ----------------------------------------------------------------
  // The update of the last token by linear attention over all others, from the two products.
  function attend({ key_query: scores, output_value: moved }, tokens, scale) {
    const query = tokens[tokens.length - 1];
    const times = (m, v) => m.map((row) => sum(row.map((a, k) => a * v[k])));
    const asked = times(scores, query);
    const update = query.map(() => 0);
    for (const token of tokens.slice(0, -1)) {
      const weight = sum(token.map((a, k) => a * asked[k]));
      times(moved, token).forEach((v, k) => { update[k] += weight * v; });
    }
    return query.map((v, k) => v + scale * update[k]);
  }
  function regression(data) {
    const points = data.points.map(([x, y]) => ({ x, y }));
    const width = data.trained.key_query.length;
    const token = (x, y) => Array.from({ length: width }, (_, k) => (k === 0 ? x : k === width - 1 ? y : 0));
    const through = (products, x, scale) => -attend(products, [...points.map((p) => token(p.x, p.y)), token(x, 0)], scale)[width - 1];
    let rate = data.learning_rate, asked = 0.4;
    const models = {
      step: (x) => (rate / points.length) * sum(points.map((p) => p.x * p.y)) * x,
      constructed: (x) => through(data.constructed, x, rate),
      trained: (x) => through(data.trained, x, 1),
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
    const told = numbers({
      step: "one gradient step", constructed: "attention, constructed weights",
      trained: "attention, trained weights", exact: "least squares",
    });
    function draw() {
      for (const [name, element] of Object.entries(lines)) {
        element.setAttribute("d", path([-0.5, 0.5].map((x) => [area.x(x), area.y(Math.max(-1, Math.min(1, models[name](x))))])));
      }
      marks.forEach((mark, k) => {
        const x = -0.5 + k / 10;
        mark.setAttribute("x", area.x(x) - 3);
        mark.setAttribute("y", area.y(Math.max(-1, Math.min(1, models.constructed(x)))) - 3);
      });
      wanted.setAttribute("d", `M${area.x(asked)} ${area.box.top}V${area.box.bottom}`);
      for (const name of Object.keys(models)) told.set(name, show(models[name](asked)));
    }
    points.forEach((point, k) => {
      const handle = svg("circle", { r: 7, class: "handle", tabindex: 0, role: "slider", "aria-valuemin": -1, "aria-valuemax": 1, "aria-label": `example ${k + 1}` });
      const move = (x, y) => {
        const limit = (v, bound) => Math.max(-bound, Math.min(bound, Math.round(v * 1000) / 1000));
        point.x = limit(x, 0.5);
        point.y = limit(y, 1);
        handle.setAttribute("cx", area.x(point.x));
        handle.setAttribute("cy", area.y(point.y));
        handle.setAttribute("aria-valuenow", point.y);
        handle.setAttribute("aria-valuetext", `input ${show(point.x, 3)}, target ${show(point.y, 3)}`);
        draw();
      };
      handle.addEventListener("pointerdown", (event) => { handle.setPointerCapture(event.pointerId); handle.focus(); event.preventDefault(); });
      handle.addEventListener("pointermove", (event) => {
        if (!handle.hasPointerCapture(event.pointerId)) return;
        const seen = new DOMPoint(event.clientX, event.clientY).matrixTransform(area.root.getScreenCTM().inverse());
        move(...area.inverse(seen.x, seen.y));
      });
      handle.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!by) return;
        event.preventDefault();
        move(point.x + 0.02 * by[0], point.y + 0.04 * by[1]);
      });
      area.root.append(handle);
      move(point.x, point.y);
    });
    const eta = slider("learning rate η", { min: 0, max: 12, step: 0.05, value: rate.toFixed(2) }, (v) => show(v, 2), (v) => { rate = v; draw(); });
    const where = slider("query x", { min: -0.5, max: 0.5, step: 0.01, value: asked }, (v) => show(v, 2), (v) => { asked = v; draw(); });
    eta.update();
    where.update();
    return [html("div", { class: "panels" }, area.root, html("div", { class: "side" }, eta.row, where.row, html("p", {}, "Predictions at the query:"), told.table,
      legend([["one gradient step", data.colours["gradient descent"], "\u2505"], ["attention, constructed", "currentColor", "\u25a1"],
        ["attention, trained", data.colours.trained, "\u2501"], ["least squares", data.colours["closed form"], "\u2508"]])))];
  }

  // ---- c: layer by layer -------------------------------------------------------------------
  function layers(data) {
    const names = Object.keys(data.models);
    const reach = Math.max(...data.targets.map(Math.abs)) * 1.15;
    const clamp = (v) => Math.max(-reach, Math.min(reach, v));
    const scatter = plot("predictions of the trained network", { x: "target", y: "prediction" }, { x: [-reach, reach], y: [-reach, reach] });
    const values = names.flatMap((name) => data.models[name].eigenvalues.flat(2)).filter((v) => v > 0);
    const low = 10 ** Math.max(-4, Math.floor(Math.log10(Math.min(...values)))), high = 10 ** Math.ceil(Math.log10(Math.max(...values)));
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
      dots.forEach((dot, k) => {
        dot.setAttribute("cx", scatter.x(data.targets[k]));
        dot.setAttribute("cy", scatter.y(clamp(predictions[k])));
      });
      ring.setAttribute("cx", scatter.x(data.targets[prompt]));
      ring.setAttribute("cy", scatter.y(clamp(predictions[prompt])));
      for (const name of names) {
        const found = data.models[name].eigenvalues[layer][prompt];
        rows[name].setAttribute("d", path(found.map((v, i) => [spectrum.x(i + 1), spectrum.y(Math.max(v, low))])));
        told[`mean ${name}`].textContent = data.models[name].losses[layer].toPrecision(4);
        told[`median ${name}`].textContent = data.models[name].medians[layer].toPrecision(4);
        told[`condition ${name}`].textContent = (Math.max(...found) / Math.min(...found)).toPrecision(3);
      }
    }
    const depth = data.models.trained.losses.length - 1;
    const byLayer = slider("after layer", { min: 0, max: depth, step: 1, value: 0 }, (v) => (v ? `${v} of ${depth}` : "0: before the first"), (v) => { layer = v; draw(); });
    const byPrompt = slider("prompt", { min: 0, max: data.models.trained.eigenvalues[0].length - 1, step: 1, value: 0 }, (v) => `${v + 1}`, (v) => { prompt = v; draw(); });
    byLayer.update();
    byPrompt.update();
    return [byLayer.row, byPrompt.row, html("div", { class: "panels" }, scatter.root, spectrum.root), table,
      legend(names.map((name) => [name, data.colours[name], "\u2501"]))];
  }

  const PARTS = { weights, regression, layers };
  function start() {
    for (const figure of document.querySelectorAll("figure.interactive")) {
      const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
      const moving = html("div", { class: "moving" }, ...PARTS[figure.dataset.part](data));
      figure.querySelector(".still").replaceWith(moving);
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
