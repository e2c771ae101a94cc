// Four memories in closed form: what each answers when asked for every pair that was written.
"use strict";
(window.incontext ??= { parts: {} }).parts.memories = (data, tools, board) => {
  const { html, show, sum, dot, numbers, heatMap, colourBar } = tools;
  const size = data.common.length;
  const state = { correlation: 0, pairs: size, ridge: 3 };
  const unit = (v) => { const length = Math.hypot(...v); return v.map((a) => a / length); };
  const zeros = () => Array.from({ length: size }, () => Array(size).fill(0));
  const write = (S, v, k, step = 1) => S.forEach((row, i) => row.forEach((_, j) => { row[j] += step * v[i] * k[j]; }));
  const read = (S, q) => S.map((row) => dot(row, q));

  // x = A^-1 b for a symmetric positive definite A, by elimination.
  function solve(A, b) {
    const m = A.map((row, i) => [...row, b[i]]);
    for (let i = 0; i < m.length; i++) for (let r = i + 1; r < m.length; r++) {
      const f = m[r][i] / m[i][i];
      for (let c = i; c <= m.length; c++) m[r][c] -= f * m[i][c];
    }
    const x = Array(m.length).fill(0);
    for (let i = m.length - 1; i >= 0; i--) x[i] = (m[i][m.length] - sum(x.map((v, c) => (c > i ? v * m[i][c] : 0)))) / m[i][i];
    return x;
  }
  const memories = {
    linear: (keys, values) => { const S = zeros(); keys.forEach((k, s) => write(S, values[s], k)); return (q) => read(S, q); },
    delta: (keys, values) => {
      const S = zeros();
      keys.forEach((k, s) => { const now = read(S, k); write(S, values[s].map((v, i) => v - now[i]), k, data.step); });
      return (q) => read(S, q);
    },
    mesa: (keys, values) => {
      const G = zeros(), H = zeros();
      keys.forEach((k, s) => { write(G, values[s], k); write(H, k, k); });
      H.forEach((row, i) => { row[i] += 1 / 10 ** state.ridge; });
      return (q) => read(G, solve(H, q));
    },
    softmax: (keys, values) => (q) => {
      const logits = keys.map((k) => data.sharpness * dot(k, q)), top = Math.max(...logits);
      const weights = logits.map((v) => Math.exp(v - top)), total = sum(weights);
      return values[0].map((_, i) => sum(values.map((v, s) => v[i] * weights[s])) / total);
    },
  };
  const titles = { linear: "linear attention", delta: `delta rule, β = ${data.step}`, mesa: "mesa layer", softmax: `softmax, β = ${data.sharpness}` };
  const maps = Object.fromEntries(Object.entries(titles).map(([name, title]) => [name, heatMap(title, data.each.length, { x: "value that was written", y: "key asked for" })]));
  const told = numbers(Object.fromEntries(Object.entries(titles).map(([name, title]) => [name, `recalled by ${title}`])));

  function draw() {
    const c = state.correlation, n = state.pairs;
    const keys = data.each.slice(0, n).map((z) => unit(z.map((v, i) => Math.sqrt(c) * data.common[i] + Math.sqrt(1 - c) * v)));
    const values = data.values.slice(0, n);
    for (const [name, memory] of Object.entries(memories)) {
      const answer = memory(keys, values);
      const rows = keys.map((k) => { const found = answer(k); return values.map((v) => dot(found, v) / Math.hypot(...found)); });
      const right = rows.filter((row, i) => row[i] === Math.max(...row)).length;
      maps[name].draw(rows.flat(), 1, `Cosine of every answer with every value: ${right} of ${n} pairs recalled.`);
      told.set(name, `${right} of ${n}`);
    }
  }
  const set = (key) => (value) => { state[key] = value; draw(); };
  const controls = [
    board.slider("correlation", "correlation of the keys", { min: 0, max: 0.95, step: 0.05, value: 0 }, (v) => show(v, 2), set("correlation")),
    board.slider("pairs", "pairs written", { min: 2, max: data.each.length, step: 1, value: size }, (v) => `${v} in ${size} dimensions`, set("pairs")),
    board.slider("ridge", "λ of the mesa layer", { min: -1, max: 4, step: 0.5, value: 3 }, (v) => `${Number((10 ** v).toPrecision(2))}`, set("ridge")),
  ];
  const python = (now) => `import jax
import jax.numpy as jnp
from incontext.baselines import memories
from incontext.experiments.memories.model import draw_keys

keys = draw_keys((1, ${data.each.length}, ${size}), ${tools.decimal(now.correlation)}, key=jax.random.key(${data.seeds[0]}))[:, :${now.pairs}]
values = draw_keys((1, ${data.each.length}, ${size}), 0.0, key=jax.random.key(${data.seeds[1]}))[:, :${now.pairs}]
pairs = memories.Pairs(keys, values, jnp.ones(${now.pairs}, bool))
for name, answers in {
    "linear": memories.linear_attention(pairs, keys),
    "delta": memories.delta_rule(pairs, keys, ${data.step}),
    "mesa": memories.mesa(pairs, keys, ${tools.decimal(10 ** Number(now.ridge))}),
    "softmax": memories.softmax_attention(pairs, keys, ${data.sharpness}.0),
}.items():
    nearest = jnp.argmax(jnp.einsum("bqe,bve->bqv", answers, values), axis=-1)
    print(name, int(jnp.sum(nearest[0] == jnp.arange(${now.pairs}))))`;
  return { nodes: [...controls, html("div", { class: "panels quarters" }, ...Object.values(maps).map((map) => map.root)), colourBar(1, 0), told.table], play: "correlation", python };
};
