"""Notebooks to download: as they were executed, behind a cell that installs what they need.

A figure keeps one picture; the other is for telephones.
"""

import json
import re
from pathlib import Path
from typing import Any

from pages.citations import Citations

EXTRAS = "cli,book"  # what a chapter imports
NARROW = re.compile(r"<source media=[^>]*>")


def write(folder: Path, citations: Citations) -> None:
    """Put the cell in front of every notebook of a folder."""
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for one in notebook["cells"]:
            for output in one.get("outputs", []):
                data = output.get("data", {})
                if "<figure" in (shown := "".join(data.get("text/html", ""))):
                    data["text/html"] = NARROW.sub("", shown)
        notebook["cells"].insert(0, cell(citations))
        path.write_text(json.dumps(notebook), encoding="utf-8")


def cell(citations: Citations) -> dict[str, Any]:
    """A cell that installs the project where it is missing; where it is there, nothing happens."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "install",
        "metadata": {"tags": ["remove-cell"]},
        "outputs": [],
        "source": source(citations).splitlines(keepends=True),
    }


def source(citations: Citations) -> str:
    """The lines of the cell; without an address of the repository it says what to do."""
    missing = 'if importlib.util.find_spec("incontext") is None:\n'
    if not citations.url:
        asks = f"Install the project first: pip install '.[{EXTRAS}]' in a checkout of it."
        return f'import importlib.util\n\n{missing}    raise ModuleNotFoundError("{asks}")\n'
    place = f"incontext[{EXTRAS}] @ git+{citations.url}@{citations.branch}"
    return (
        f"import importlib.util\nimport subprocess\nimport sys\n\n{missing}"
        f'    command = [sys.executable, "-m", "pip", "install", "--quiet", "{place}"]\n'
        f"    subprocess.run(command, check=True)\n"
    )
