// What the pages need beside their moving figures.
"use strict";
(() => {
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
})();
