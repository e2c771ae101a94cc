"""Tiny chapters and a tiny book for the tests of the pipeline."""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from sources import ROOT

HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
# A tiny chapter

```{code-cell} python
:tags: [parameters, remove-cell]
preset = "laptop"
fresh = False
```

Half of a square is $x^2 / 2$.

"""


def chapter_text(*cells: str) -> str:
    """A chapter whose code cells, after the parameters, are `cells`."""
    return HEADER + "\n".join(f"```{{code-cell}} python\n{cell}\n```\n" for cell in cells)


def write_chapter(folder: Path, *cells: str, name: str = "01_tiny") -> Path:
    """A chapter on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(chapter_text(*cells))
    return path


def write_book(root: Path, *cells: str) -> Path:
    """A book of one chapter with the project's own settings; returns its root."""
    write_chapter(root / "chapters", *cells)
    for name in ("_config.yml", "references.bib", "CITATION.cff"):
        shutil.copy(ROOT / name, root / name)
    (root / "bibliography.md").write_text("# Bibliography\n\n```{bibliography}\n:all:\n```\n")
    (root / "intro.md").write_text("# A tiny book\n\nIt cites {cite:t}`oswald2023transformers`.\n")
    contents = {
        "format": "jb-book",
        "root": "intro",
        "chapters": [{"file": "chapters/01_tiny"}, {"file": "bibliography"}],
    }
    (root / "_toc.yml").write_text(yaml.safe_dump(contents))
    return root


def make(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run what `make book` runs, building under `root`."""
    script = [sys.executable, "workflow/make_book.py", "--build", str(root / "_build"), *options]
    return subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=1800)
