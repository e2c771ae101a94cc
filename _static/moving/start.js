// Puts every moving figure in the place of its still picture: controls, play and reset, its state in
// the address, and the lines of Python that compute what it shows.
"use strict";
(() => {
  window.incontext ??= { parts: {} };
  const BETWEEN = 450; // milliseconds between two steps of a figure that plays

  // What the address says of a figure: #interactive-NAME:key=value,key=value
  function stated(name) {
    const [head, tail] = decodeURIComponent(location.hash.slice(1)).split(/:(.*)/s);
    if (head !== `interactive-${name}` || !tail) return null;
    return Object.fromEntries(tail.split(",").map((pair) => pair.split("=")));
  }

  function toolbar(figure, made, controls) {
    const { html } = window.incontext.tools;
    const name = figure.dataset.part;
    const first = Object.fromEntries(Object.entries(controls).map(([key, one]) => [key, one.get()]));
    const code = html("pre", { "data-python": name, tabindex: "0" });
    const state = () => Object.fromEntries(Object.entries(controls).map(([key, one]) => [key, one.get()]));
    const tell = () => { code.textContent = made.python(state()); };
    const write = () => {
      tell();
      const changed = Object.entries(state()).filter(([key, value]) => value !== first[key]);
      const address = `#interactive-${name}${changed.length ? ":" : ""}${changed.map((pair) => pair.join("=")).join(",")}`;
      try { history.replaceState(null, "", address); } catch { /* a page inside a frame may not */ }
    };

    const wanted = stated(name);
    if (wanted) {
      for (const [key, value] of Object.entries(wanted)) controls[key]?.set(value);
      figure.scrollIntoView();
    }
    tell();
    figure.addEventListener("input", write);
    figure.addEventListener("moved", write);

    const bar = html("div", { class: "toolbar" });
    let playing = null;
    const button = html("button", { type: "button" }, "\u25b6 Play");
    const { input, update } = controls[made.play];
    const stop = () => {
      if (playing === null) return;
      clearInterval(playing);
      playing = null;
      button.textContent = "\u25b6 Play";
      write();
    };
    button.addEventListener("click", () => {
      if (playing !== null) return stop();
      if (Number(input.value) >= Number(input.max)) { input.value = input.min; update(); }
      button.textContent = "\u2016 Pause";
      playing = setInterval(() => {
        input.value = Number(input.value) + Number(input.step);
        update();
        if (Number(input.value) >= Number(input.max)) stop();
      }, BETWEEN);
    });
    input.addEventListener("input", stop);
    bar.append(button);
    const reset = html("button", { type: "button" }, "Reset");
    reset.addEventListener("click", () => {
      stop();
      for (const [key, one] of Object.entries(controls)) one.set(first[key]);
      write();
    });
    bar.append(reset);
    return [bar, html("details", { class: "python" }, html("summary", {}, "Open this state in Python"), code)];
  }

  function start() {
    const { tools, parts } = window.incontext;
    for (const figure of document.querySelectorAll("figure.interactive")) {
      const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
      const board = tools.board();
      const made = parts[figure.dataset.part](data, tools, board);
      for (const one of Object.values(board.controls)) one.update();
      const moving = tools.html("div", { class: "moving" }, ...made.nodes);
      figure.querySelector(".still").replaceWith(moving);
      moving.append(...toolbar(figure, made, board.controls));
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
