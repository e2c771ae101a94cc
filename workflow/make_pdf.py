"""Prints the whole book as one PDF: Jupyter Book's single page, printed by Chromium.

Run by `make pdf` after `make book`; needs Chromium and no LaTeX. Writes _build/incontext.pdf.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from pages import finishing
from playwright.sync_api import PdfMargins, sync_playwright

BUILD = Path(__file__).resolve().parent.parent / "_build"
TYPESET = "() => MathJax.startup.promise"
UNFOLD = """() => {
  document.querySelectorAll('details').forEach(one => { one.open = one.matches('.admonition'); });
  document.querySelectorAll('img').forEach(one => { one.loading = 'eager'; });
  return Promise.all([...document.images].map(one => one.decode().catch(() => null)));
}"""
STYLE = """
  .cite-and-download, .chapter-links, button, .bd-header-article { display: none !important; }
  figure, table, div.cell { break-inside: avoid-page; }
  span[id^="document-"] + section { break-before: page; }
  tr { break-inside: avoid; }
  pre { white-space: pre-wrap !important; overflow-wrap: anywhere; }
"""


def main() -> None:
    """Write the single page, print it, say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=BUILD)
    build = parser.parse_args().build.resolve()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        sys.exit("pdf: Chromium is not installed; install it, on Debian with apt install chromium.")
    if not (build / "stage").is_dir():
        sys.exit(f"pdf: there is no book in {build.name} yet; run make book first.")
    target = build / "incontext.pdf"
    print_page(single_page(build), target, chromium)
    print(f"pdf: {os.path.relpath(target)}, {target.stat().st_size / 1e6:.1f} MB")


def single_page(build: Path) -> Path:
    """All pages of the staged book as one."""
    program = str(Path(sys.executable).with_name("jupyter-book"))
    command = [program, "build", str(build / "stage"), "--builder", "singlehtml", "--all"]
    log = build / "log" / "pdf.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as stream:
        finished = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT)
    folder = build / "stage" / "_build" / "singlehtml"
    pages = [path for name in ("index.html", "intro.html") if (path := folder / name).is_file()]
    if finished.returncode != 0 or not pages:
        sys.exit(f"pdf: the single page was not built, see {os.path.relpath(log)}.")
    finishing.finish(folder)
    return max(pages, key=lambda path: path.stat().st_size)


def print_page(page: Path, target: Path, chromium: str) -> None:
    """Print a page on A4 when its formulas and pictures are there."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        opened = browser.new_page(color_scheme="light", java_script_enabled=True)
        opened.set_default_timeout(300_000)
        opened.goto(page.as_uri(), wait_until="load")
        opened.evaluate(TYPESET)
        opened.evaluate(UNFOLD)
        opened.add_style_tag(content=STYLE)
        margin: PdfMargins = {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"}
        opened.pdf(path=target, format="A4", margin=margin, print_background=True, outline=True,
                   tagged=True)  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
