// The weights of one layer during training.
"use strict";
(window.incontext ??= { parts: {} }).parts.weights = (data, tools, board) => {
  const { svg, show, sum, mean, numbers, plot, line, legend, heatMap, colourBar } = tools;
  const size = data.size, last = data.steps.length - 1;
  const bound = Math.max(...data.construction.map(Math.abs));
  const labels = { x: "from channel", y: "to channel" };
  const trained = heatMap("trained weights", size, labels), goal = heatMap("constructed", size, labels);
  goal.draw(data.construction, bound, `A multiple of the identity on the inputs: ${show(data.step_size)} with a minus sign.`);
  const loss = plot("loss", { x: "training step + 100", y: "loss" }, { x: [100, data.steps[last] + 100], y: [0.18, 0.44], log: "x" });
  const at = (k) => [loss.x(data.steps[k] + 100), loss.y(data.loss[k])];
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
  const gap = (a) => Math.sqrt(sum(a.filter((_, i) => i % size < size - 1).map((v) => v * v)));
  const step = board.slider("moment", "training step", { min: 0, max: last, step: 1, value: 0 }, (k) => `step ${data.steps[k]}`, (k) => {
    const joint = data.joint[k];
    const diagonal = mean(Array.from({ length: size - 1 }, (_, i) => joint[i * (size + 1)]));
    dot.setAttribute("cx", at(k)[0]);
    dot.setAttribute("cy", at(k)[1]);
    told.set("loss", show(data.loss[k]));
    told.set("diagonal", show(diagonal));
    told.set("distance", show(gap(joint.map((v, i) => v - data.construction[i])) / gap(data.construction), 3));
    trained.draw(joint, bound, `Product of all weights at step ${data.steps[k]}: mean of the diagonal ${show(diagonal)}.`);
  });
  const panels = tools.html("div", { class: "panels" }, trained.root, goal.root, loss.root);
  const python = ({ moment }) => {
    const step = data.steps[moment];
    return `import incontext
import jax.numpy as jnp
from incontext.analysis.products import joint_product
from incontext.models.transformer import layer_products

network = incontext.load("${data.network}", seed=0)
weights = network.at(${step})
joint = joint_product(layer_products(weights, 0), output_dim=1)[0]
print(jnp.mean(jnp.diagonal(joint)[:${size - 1}]))`;
  };
  return { nodes: [step, panels, colourBar(bound), told.table,
    legend([["trained layer", data.colours.trained, "\u2501"], ["one gradient step", data.colours["gradient descent"], "\u2505"]])], play: "moment", python };
};
