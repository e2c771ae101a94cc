// What the moving figures draw with. Every file of this folder adds to `incontext`, in any order;
// start.js begins when the page is there. No network, no library.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";

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
  const decimal = (value) => (Number.isInteger(Number(value)) ? Number(value).toFixed(1) : String(value)); // for Python
  const sum = (a) => a.reduce((s, v) => s + v, 0);
  const mean = (a) => sum(a) / a.length;
  const dot = (a, b) => a.reduce((s, v, k) => s + v * b[k], 0);
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

  // The controls of one figure: each has a key, by which its value stands in the address.
  function board() {
    const controls = {};
    let count = 0;
    const label = (text) => `control-${text.replace(/\W+/g, "-")}-${++board.count}-${++count}`;

    // A range; `tell` turns its value into what is shown and read aloud.
    function slider(key, text, range, tell, changed) {
      const id = label(key);
      const input = html("input", { type: "range", id, ...range });
      const value = html("output", { for: id });
      const update = () => {
        value.textContent = tell(Number(input.value));
        input.setAttribute("aria-valuetext", value.textContent);
        changed(Number(input.value));
      };
      input.addEventListener("input", update);
      controls[key] = { input, update, get: () => input.value, set: (v) => { input.value = v; update(); } };
      return html("div", { class: "control" }, html("label", { for: id }, text), input, value);
    }

    // A box to tick.
    function box(key, text, changed) {
      const id = label(key);
      const input = html("input", { type: "checkbox", id });
      const update = () => changed(input.checked);
      input.addEventListener("input", update);
      controls[key] = { input, update, get: () => (input.checked ? "1" : "0"), set: (v) => { input.checked = v === "1"; update(); } };
      return html("div", { class: "control" }, input, html("label", { for: id }, text));
    }

    // Something else that has a text as its state, such as points that were dragged.
    function state(key, get, set) {
      controls[key] = { update: () => {}, get, set };
    }
    return { slider, box, state, controls };
  }
  board.count = 0;

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
  const path = (points) => points.map(([px, py], k) => `${k ? "L" : "M"}${px.toFixed(2)} ${py.toFixed(2)}`).join("");
  function line(points, colour, dash = "") {
    return svg("path", { class: "line", stroke: colour, "stroke-dasharray": dash, d: path(points) });
  }
  function legend(entries) {
    return html("p", { class: "legend" }, ...entries.map(([label, colour, mark]) => {
      const sample = html("span", { style: `color: ${colour}`, "aria-hidden": "true" }, mark);
      return html("span", {}, sample, ` ${label}`);
    }));
  }

  // Blue, white, red: as the still pictures do.
  function colourOf(value, bound) {
    const t = clamp(value / bound, -1, 1), s = Math.abs(t);
    const end = t < 0 ? [5, 48, 97] : [103, 0, 31], middle = t < 0 ? [67, 147, 195] : [214, 96, 77];
    const mix = (a, b, u) => a.map((v, k) => Math.round(v + (b[k] - v) * u));
    return `rgb(${(s < 0.6 ? mix([247, 247, 247], middle, s / 0.6) : mix(middle, end, (s - 0.6) / 0.4)).join(" ")})`;
  }
  // At most size x size cells; draw(values of n x n, bound, words).
  function heatMap(title, size, labels = { x: "", y: "" }) {
    const root = svg("svg", { viewBox: "-16 0 236 256", class: "plot heat", role: "img" });
    root.append(svg("text", { x: 0, y: 15, class: "title" }, title));
    root.append(svg("text", { x: 110, y: 253, "text-anchor": "middle", class: "label", "aria-hidden": "true" }, labels.x));
    root.append(svg("text", { transform: "translate(-5 130) rotate(-90)", "text-anchor": "middle", class: "label", "aria-hidden": "true" }, labels.y));
    const cells = Array.from({ length: size * size }, () => svg("rect"));
    root.append(...cells);
    return { root, draw: (values, bound, text) => {
      const n = Math.round(Math.sqrt(values.length)), side = 220 / n;
      cells.forEach((cell, k) => {
        cell.style.display = k < n * n ? "" : "none";
        if (k >= n * n) return;
        fill(cell, { x: (k % n) * side, y: 20 + Math.floor(k / n) * side, width: side + 0.3, height: side + 0.3, fill: colourOf(values[k], bound) }, []);
      });
      root.setAttribute("aria-label", text);
    } };
  }
  function colourBar(bound, digits = 2) {
    const stops = [-1, -0.6, 0, 0.6, 1].map((v) => colourOf(v, 1)).join(", ");
    const bar = html("span", { class: "colour-bar", style: `background: linear-gradient(to right, ${stops})`, "aria-hidden": "true" });
    return html("p", { class: "legend" }, html("span", {}, show(-bound, digits)), bar, html("span", {}, show(bound, digits)));
  }

  window.incontext ??= { parts: {} };
  window.incontext.tools = { html, svg, fill, show, decimal, sum, mean, dot, clamp, board, numbers, plot, path, line, legend, heatMap, colourBar };
})();
