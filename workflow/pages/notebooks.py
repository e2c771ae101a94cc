"""Notebooks to download: as they were executed, behind a cell that installs what they need.

A figure keeps one picture; the others are for dark pages and for telephones.
"""

import json
import re
from pathlib import Path
from typing import Any

from pages.citations import Citations

EXTRAS = "cli,book"  # what a chapter imports
OTHER = re.compile(r'<img class="(?:only-dark[^"]*|only-light narrow)"[^>]*>')


def write(folder: Path, citations: Citations) -> None:
    """Put the cell in front of every notebook of a folder."""
    for path in folder.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for one in notebook["cells"]:
            for output in one.get("outputs", []):
                keep_one_picture(output.get("data", {}))
        notebook["cells"].insert(0, cell(citations))
        path.write_text(json.dumps(notebook), encoding="utf-8")


def keep_one_picture(data: dict[str, Any]) -> None:
    """Of a figure on a page, leave the picture for light pages and the caption."""
    shown = "".join(data.get("text/html", ""))
    if "<figure" in shown and (light := OTHER.sub("", shown)) != shown:
        data["text/html"] = light
        data.pop("image/png", None)


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
