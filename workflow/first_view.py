"""How soon a page of the built book is seen, and how much it loads: measured in Chromium from disk.

Run as `python workflow/first_view.py` after `make book`. It prints a table and keeps the numbers in
benchmarks/results/pages.json, which the page "Run it again" shows. Nothing is asserted.
"""

import argparse
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import contents

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "benchmarks" / "results" / "pages.json"
TURNS = 5
PAINTED = """() => new Promise((resolve) => {
  const seen = () => performance.getEntriesByName("first-contentful-paint")[0];
  const wait = () => seen() ? resolve(seen().startTime) : requestAnimationFrame(wait);
  wait();
})"""
LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"
Row = dict[str, Any]


def main() -> None:
    """Measure every page, print the table, keep the numbers."""
    from playwright.sync_api import sync_playwright  # the book is also made without a browser

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--html", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--out", type=Path, default=KEPT)
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    html = arguments.html.resolve()
    if not chromium or not (html / "index.html").is_file():
        sys.exit("first view: needs Chromium and a built book; run make book first.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        rows = [measure(browser, html, name) for name in contents.page_names(ROOT)]
        version = browser.version
        browser.close()
    for row in rows:
        print(f"{row['page']:32} {row['seen']:6.0f} ms {row['loaded']:6.0f} ms {row['mb']:6.2f} MB")
    arguments.out.write_text(json.dumps(described(rows, version), indent=1) + "\n")


def described(rows: list[Row], version: str) -> dict[str, Any]:
    """The rows with what measured them."""
    from incontext.records import provenance

    when = datetime.now(UTC).date().isoformat()
    about = {"machine": provenance.cpu(), "browser": f"Chromium {version}", "date": when}
    return {**about, "turns": TURNS, "pages": rows}


def measure(browser: "Browser", html: Path, name: str) -> Row:
    """Medians over fresh contexts: first content seen, everything loaded; bytes read."""
    seen, loaded, files = [], [], set()
    for _ in range(TURNS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.on("request", lambda one: files.add(unquote(urlsplit(one.url).path)))
        page.goto((html / f"{name}.html").as_uri(), wait_until="load")
        seen.append(page.evaluate(PAINTED))
        loaded.append(page.evaluate(LOADED))
        context.close()
    size = sum(path.stat().st_size for path in map(Path, files) if path.is_file())
    return {
        "page": name,
        "seen": round(median(seen)),
        "loaded": round(median(loaded)),
        "mb": round(size / 1e6, 2),
    }


def report(book: object) -> str:
    """What was measured last, as Markdown; a sentence if nothing was."""
    del book
    if not KEPT.is_file():
        return "Not measured yet: `python workflow/first_view.py` does it."
    kept = json.loads(KEPT.read_text())
    lines = ["| Page | First seen | Loaded | Size |", "|---|--:|--:|--:|"]
    for row in kept["pages"]:
        where = f"`{row['page']}`"
        lines.append(f"| {where} | {row['seen']} ms | {row['loaded']} ms | {row['mb']} MB |")
    about = f"{kept['machine']}, {kept['browser']}, {kept['date']}, medians of {kept['turns']}"
    return "\n".join(lines) + f"\n\nMeasured on {about}."


if __name__ == "__main__":
    main()
